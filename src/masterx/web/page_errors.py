"""Errors on pages: a page that says what happened, what is kept and what to do; the API keeps its own answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException

from masterx.api.cookies import REFRESH_COOKIE, clear_sign_in_cookies, set_sign_in_cookies
from masterx.api.errors import path_template, request_id_of
from masterx.api.head_requests import is_head
from masterx.errors import MasterXError, NotFound, Unauthenticated
from masterx.web.addresses import NEW_LESSON, here, sign_in_address
from masterx.web.rendering import page

Answer = Callable[[Request, Exception], Awaitable[Response]]

_FOR_PROGRAMS = ("/api/", "/v1/", "/static/", "/openapi.json", "/ready", "/metrics", "/sign-in/refresh")


def install_page_errors(app: FastAPI) -> None:
    """Goes over the API's answers, which stay for everything that is not a page."""
    for kind in (MasterXError, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, _page_or(app.exception_handlers[kind]))  # type: ignore[arg-type]  # async ones


def _page_or(answer_program: Answer) -> Answer:
    async def answer(request: Request, error: Exception) -> Response:
        if request.url.path.startswith(_FOR_PROGRAMS):
            return await answer_program(request, error)
        if isinstance(error, Unauthenticated):
            return await _renew_or_sign_in(request)
        logged = await answer_program(request, error)
        shown = _problem_page(request, error, logged.status_code)
        if "allow" in logged.headers:
            shown.headers["Allow"] = logged.headers["allow"]
        return shown

    return answer


async def _renew_or_sign_in(request: Request) -> Response:
    """Access runs out every few minutes: the refresh cookie renews it, and the browser asks for the page again.

    HEAD uses no token up.
    """
    token = request.cookies.get(REFRESH_COOKIE)
    if token and is_head(request):
        return RedirectResponse(sign_in_address(here(request)), status_code=303)
    if token and request.method == "GET":
        try:
            tokens = await request.app.state.services.accounts.refresh(token)
        except Unauthenticated:
            pass
        except MasterXError as failure:
            return _problem_page(request, failure, failure.status)
        else:
            again = RedirectResponse(here(request), status_code=303)
            set_sign_in_cookies(again, request, tokens)
            return again
    if "hx-request" in request.headers:
        return Response(status_code=401)
    target = here(request) if request.method == "GET" else NEW_LESSON
    response = RedirectResponse(sign_in_address(target), status_code=303)
    clear_sign_in_cookies(response, request)
    return response


def _problem_page(request: Request, error: Exception, status: int) -> Response:
    if isinstance(error, RequestValidationError) and path_template(request.scope) != "unmatched":
        error, status = NotFound(), 404
    message = error.message if isinstance(error, MasterXError) else "There is nothing here."
    if "hx-request" in request.headers:
        return Response(status_code=status)
    return page(
        request, "problem.html", status=status, message=message, kept=status >= 500, code=request_id_of(request)
    )
