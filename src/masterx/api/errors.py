"""Every failure as the one error body, with its status and nothing private."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Scope

from masterx.accounts.access import RULES
from masterx.api.compatible_errors import compatible_error
from masterx.api.schemas import error_body
from masterx.errors import InvalidInput, MasterXError, NotFound, Unauthenticated

logger = structlog.get_logger()


class MethodNotAllowed(MasterXError):
    code = "method_not_allowed"
    status = 405
    default_message = "This address does not take that method."


class BodyTooLarge(MasterXError):
    code = "body_too_large"
    status = 413
    default_message = "That is more than this server reads at once."


class BadRequest(MasterXError):
    code = "bad_request"
    status = 400
    default_message = "That request cannot be read."


COMPATIBLE = "/v1/"
"""Below this address errors have OpenAI's form, also where no route is."""

_BY_STATUS: Mapping[int, type[MasterXError]] = {404: NotFound, 405: MethodNotAllowed, 413: BodyTooLarge}


def install_error_answers(app: FastAPI) -> None:
    app.add_exception_handler(MasterXError, _masterx_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(HTTPException, _http_exception)


def request_id_of(request: Request) -> str:
    return str(request.scope.get("state", {}).get("request_id", ""))


def path_template(scope: Scope) -> str:
    """Such as ``/api/v1/sessions/{session_id}``; "unmatched" where no route is, whatever the caller typed."""
    return str(getattr(scope.get("route"), "path", "unmatched"))


def error_response(error: MasterXError, request_id: str) -> JSONResponse:
    headers: dict[str, str] = {}
    if error.retry_after is not None:
        headers["Retry-After"] = str(max(1, math.ceil(error.retry_after)))
    if isinstance(error, Unauthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(error_body(error, request_id), status_code=error.status, headers=headers)


def _in_form(request: Request, error: MasterXError) -> Response:
    if request.url.path.startswith(COMPATIBLE):
        return compatible_error(error)
    return error_response(error, request_id_of(request))


async def _masterx_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, MasterXError)  # noqa: S101 (registered for this class only; tells the type checker)
    request.scope.setdefault("state", {})["failure"] = error
    log = logger.error if error.status >= 500 else logger.info
    log("masterx_error", error_type=type(error).__name__, code=error.code, path=path_template(request.scope))
    return _in_form(request, error)


async def _validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 (as above)
    problems = [_problem(entry) for entry in error.errors()[:20]]
    first = problems[0] if problems else {"field": "body", "problem": "unreadable"}
    translated = InvalidInput(f"{first['field']}: {first['problem']}.", details={"problems": problems})
    return await _masterx_error(request, translated)


def _problem(entry: Mapping[str, Any]) -> dict[str, str]:
    """Where and what; never the value, which may be a password or half a character that no encoder takes."""
    location = [str(part) for part in entry["loc"] if part not in {"body", "query", "path", "header"}]
    field = ".".join(location)[:100] or str(entry["loc"][0])
    if not field.isprintable() or not field.isascii():
        field = "body"
    return {"field": field, "problem": _SENTENCES.get(entry["type"], str(entry["msg"]))[:200]}


_SENTENCES = {
    "missing": "is missing",
    "extra_forbidden": "is not a field of this request",
    "json_invalid": "is not JSON",
    "string_type": "has to be text",
    "string_unicode": "has to be whole Unicode characters",
}


async def _http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 (as above)
    translated = _BY_STATUS.get(error.status_code, BadRequest)()
    if isinstance(translated, NotFound) and request.url.path.startswith(COMPATIBLE):
        translated = NotFound("Below /v1 there are GET models, GET models/{model} and POST chat/completions only.")
    response = _in_form(request, translated)
    if error.headers:
        response.headers.update(error.headers)
    if error.status_code == 405:
        # The framework names the methods of one route; others may serve the same path.
        path = path_template(request.scope)
        methods = {method for method, route in RULES if route == path}
        response.headers["Allow"] = ", ".join(sorted(methods | ({"HEAD"} if "GET" in methods else set())))
    return response
