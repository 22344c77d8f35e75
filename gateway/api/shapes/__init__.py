"""The forms of answers, for the OpenAPI document: answers themselves are made as plain dictionaries and not checked.

A test compares every answer of the API's tests with its form (`tests/unit/gateway/api/conftest.py`).
"""
