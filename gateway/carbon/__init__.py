"""Carbon at the edges: the catalogue's files, descriptions of calculations with positions, results as JSON and as text.

The rules are in `rules/carbon`; nothing here calculates.
"""
