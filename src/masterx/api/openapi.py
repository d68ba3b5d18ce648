"""The description at /openapi.json: what the framework derives, corrected where we answer differently."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from masterx.accounts.access import RULES, Access
from masterx.api.limits import UNLIMITED
from masterx.api.schemas import errors

_ERROR = {"$ref": "#/components/schemas/ErrorBody"}
_TOO_FAST = {
    "description": errors(429)[429]["description"],
    "content": {"application/json": {"schema": _ERROR}},
}
_FRAMEWORK_ERRORS = ("HTTPValidationError", "ValidationError")


def description_of(app: FastAPI) -> Callable[[], dict[str, Any]]:
    """What `app.openapi` is to be: made on the first call, then kept."""
    made: dict[str, Any] = {}

    def describe() -> dict[str, Any]:
        if not made:
            made.update(
                get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
            )
            _correct(made)
        return made

    return describe


def _correct(description: dict[str, Any]) -> None:
    components = description["components"]
    for name in _FRAMEWORK_ERRORS:
        components["schemas"].pop(name, None)
    components["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            if RULES[method.upper(), path] is not Access.PUBLIC:
                operation["security"] = [{"bearer": []}]
            if path not in UNLIMITED:
                operation["responses"].setdefault("429", _TOO_FAST)
            invalid = operation["responses"].get("422")
            if invalid is not None:
                invalid["description"] = "Something in the request cannot be used."
                invalid["content"] = {"application/json": {"schema": _ERROR}}
