"""The signature of a webhook: HMAC-SHA256 over the time and the body, so that a receiver knows who sent it and when."""

import hmac
from hashlib import sha256

HEADER = "X-Park-Signature"


def signature(secret: str, timestamp_s: int, body: bytes) -> str:
    """The header's value, `t=1795000000,v1=<hex>`: HMAC-SHA256 of `<t>.<body>` (the README shows how to verify it)."""
    mac = hmac.new(secret.encode(), b"%d." % timestamp_s + body, sha256)
    return f"t={timestamp_s},v1={mac.hexdigest()}"
