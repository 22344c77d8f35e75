"""What the channels have in common: which addresses may be reached, one HTTP POST, notices as text and as JSON.

Not a driver: a part of the drivers package that the channels import, because drivers never import each other.
"""
