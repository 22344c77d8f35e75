"""The expression language of rules: text to closures, checked against the configured points before anything runs.

`compile_expression(text, scope)` gives an `Expression`; `expression.start()` an `Evaluation` with its own windows.
"""
