"""Our errors in OpenAI's form and with its statuses, as its clients understand them.

Source: the API reference on error codes, and what the openai SDK reads (`error.message`, `type`, `param`, `code`;
`x-should-retry` keeps it from asking again in vain).
"""

from __future__ import annotations

import json
import math
from typing import Any

from starlette.responses import Response

from masterx.errors import (
    BudgetExceeded,
    Forbidden,
    InvalidInput,
    MasterXError,
    NotFound,
    ProviderRateLimited,
    ProviderRejected,
    ProviderTimeout,
    RateLimited,
    Unauthenticated,
)
from masterx.tutor.relay import UnknownProvider

INVALID = "invalid_request_error"

_FORMS: tuple[tuple[type[MasterXError], int, str, str], ...] = (
    (Unauthenticated, 401, INVALID, "invalid_api_key"),
    (Forbidden, 403, INVALID, "insufficient_permissions"),
    (UnknownProvider, 404, INVALID, "model_not_found"),
    (NotFound, 404, INVALID, "not_found"),
    (InvalidInput, 400, INVALID, "invalid_value"),
    (RateLimited, 429, "requests", "rate_limit_exceeded"),
    (ProviderRateLimited, 429, "requests", "rate_limit_exceeded"),
    (BudgetExceeded, 429, "insufficient_quota", "insufficient_quota"),
    (ProviderRejected, 400, INVALID, "provider_rejected"),
    (ProviderTimeout, 504, "server_error", "provider_timeout"),
)
"""The first that fits, from the special to the general; any other keeps its status and code."""


def status_of(error: MasterXError) -> int:
    return next((status for kind, status, _, _ in _FORMS if isinstance(error, kind)), error.status)


def compatible_body(error: MasterXError) -> dict[str, Any]:
    default = "server_error" if error.status >= 500 else INVALID
    kind, code = next(
        ((kind, code) for known, _, kind, code in _FORMS if isinstance(error, known)), (default, error.code)
    )
    told = error.details.get("code") if isinstance(error, InvalidInput) else None
    field = error.details.get("field")
    param = "model" if isinstance(error, UnknownProvider) else field if isinstance(field, str) else None
    return {"error": {"message": error.message, "type": kind, "param": param, "code": told or code}}


def compatible_error(error: MasterXError) -> Response:
    headers: dict[str, str] = {}
    if error.retry_after is not None:
        headers["Retry-After"] = str(max(1, math.ceil(error.retry_after)))
    if isinstance(error, BudgetExceeded):
        headers["x-should-retry"] = "false"
    body = json.dumps(compatible_body(error), ensure_ascii=False)
    return Response(body, status_of(error), headers, media_type="application/json")
