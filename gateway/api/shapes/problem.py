"""The form of errors: problem details (RFC 9457)."""

from pydantic import ConfigDict, Field

from gateway.api.shapes.base import FreeForm, Told


class Problem(Told):
    """What went wrong. `type` tells programs the kind of it, `detail` and `hint` tell people."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        use_attribute_docstrings=True,
        json_schema_extra={
            "examples": [
                {
                    "type": "/problems/not-found",
                    "title": "Not Found",
                    "status": 404,
                    "detail": "no device `tx9`; GET /api/v1/devices lists them",
                    "hint": "",
                    "instance": "/requests/5f0c1f2a9d3b4e67",
                }
            ]
        },
    )

    type: str
    """`/problems/` and the kind: `not-found`, `bad-parameter`."""
    title: str
    status: int
    detail: str
    hint: str
    """What to do; may be empty."""
    instance: str = ""
    """Which request it was: the number is in the header `X-Request-Id` and in the log."""
    errors: list[FreeForm] = Field(default=[])
    """Of each field or row that is wrong: where, what, what to do."""
