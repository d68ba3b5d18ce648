"""The two cookies that keep a browser signed in."""

from __future__ import annotations

from fastapi import Request, Response

from masterx.accounts.sign_ins import TokenPair

ACCESS_COOKIE = "masterx_access"
REFRESH_COOKIE = "masterx_refresh"


def set_sign_in_cookies(response: Response, request: Request, tokens: TokenPair) -> None:
    _set(response, request, ACCESS_COOKIE, tokens.access_token, tokens.expires_in)
    _set(response, request, REFRESH_COOKIE, tokens.refresh_token, tokens.refresh_expires_in)


def clear_sign_in_cookies(response: Response, request: Request) -> None:
    for name in (ACCESS_COOKIE, REFRESH_COOKIE):
        _set(response, request, name, "", 0)


def forget_browser(response: Response, request: Request) -> None:
    """Whoever asked is signed out: a browser need not keep what is good for nothing."""
    if ACCESS_COOKIE in request.cookies or REFRESH_COOKIE in request.cookies:
        clear_sign_in_cookies(response, request)


def _set(response: Response, request: Request, name: str, value: str, max_age: int) -> None:
    """Scripts cannot read it, other sites' forms do not send it; over https it never goes out in the clear."""
    response.set_cookie(
        name,
        value,
        max_age=max_age,
        path="/",
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
