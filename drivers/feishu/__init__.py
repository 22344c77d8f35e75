"""Feishu (飞书) and Lark: messages of a custom bot."""
