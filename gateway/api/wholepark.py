"""What is for those who see the whole park: the inside of the gateway speaks of everybody's devices."""

from fastapi import HTTPException

from gateway.api.access import Principal


def sees_all(principal: Principal) -> None:
    """Raises HTTPException 403 for somebody of one enterprise."""
    if principal.enterprise is not None:
        raise HTTPException(403, "the inside of the gateway is for those who see the whole park")
