"""Around every request: an id, one log line, and the last net under errors that nobody expected."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from masterx.api.errors import error_response, path_template
from masterx.clock import Clock, new_id
from masterx.errors import MasterXError
from masterx.metrics import Metrics
from masterx.recent_errors import RecentErrors

SLOW_REQUEST_MS = 5_000
CLOSE = ((b"connection", b"close"),)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

logger = structlog.get_logger()


class RequestContext:
    """Outermost: what it does not catch, the server prints.

    The path in the log is the route's template, never what the caller typed: an address can carry a secret.
    """

    def __init__(
        self, app: ASGIApp, clock: Clock, metrics: Metrics, recent_errors: RecentErrors, is_draining: Callable[[], bool]
    ) -> None:
        """While it drains, every answer asks its client to close the connection, so that none is idle at the end."""
        self.app = app
        self.clock = clock
        self.metrics = metrics
        self.recent_errors = recent_errors
        self.is_draining = is_draining

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = self.clock.monotonic()
        request_id = new_id(self.clock.now())
        state = scope.setdefault("state", {})
        state["request_id"] = request_id
        answered: dict[str, int] = {}

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    *message.get("headers", ()),
                    (b"x-request-id", request_id.encode()),
                    *state.get("rate_limit_headers", ()),
                    *(CLOSE if self.is_draining() else ()),
                ]
                answered["status"] = message["status"]
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self.app(scope, receive, send_with_id)
            except Exception as error:
                logger.exception("unhandled_error", error_type=type(error).__name__)
                state["failure"] = MasterXError()
                if not answered:
                    answer = await _last_answer(Request(scope, receive), request_id)
                    await answer(scope, receive, send_with_id)
            finally:
                self._log(scope, answered.get("status"), started)

    def _log(self, scope: Scope, status: int | None, started: float) -> None:
        seconds = self.clock.monotonic() - started
        duration_ms = round(seconds * 1000)
        state = scope["state"]
        identity = state.get("identity")
        path = path_template(scope)
        method = scope["method"] if scope["method"] in METHODS else "other"
        self.metrics.request_ended(method, path, status, seconds)
        failure: MasterXError | None = state.get("failure")
        if failure is not None and failure.status >= 500:
            self.recent_errors.add(failure, request_id=state["request_id"], path=path)
        logger.info(
            "request_received",
            method=scope["method"],
            path=path,
            status=status,
            duration_ms=duration_ms,
            user_id=identity.user_id if identity else None,
            session_id=state.get("session_id"),
        )
        if duration_ms > SLOW_REQUEST_MS:
            logger.info("slow_request", duration_ms=duration_ms, threshold_ms=SLOW_REQUEST_MS, component=path)


async def _last_answer(request: Request, request_id: str) -> Response:
    """In the form of whoever asked, page or program; plainly where even that fails."""
    in_form = request.app.exception_handlers[MasterXError]
    try:
        answer: Response = await in_form(request, MasterXError())
    except Exception as error:
        logger.exception("error_answer_failed", error_type=type(error).__name__)
        return error_response(MasterXError(), request_id)
    return answer
