"""Addresses inside this server."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from fastapi import Request

NEW_LESSON = "/"


def local_path(address: str | None) -> str:
    r"""The address when it leads to a page of this server, else the first page.

    Browsers read ``//host`` and ``/\host`` as another host's address, and drop tabs and line ends inside one.
    """
    if not address or not address.isprintable() or not address.startswith("/"):
        return NEW_LESSON
    if address[1:2] in ("/", "\\") or "\\" in address:
        return NEW_LESSON
    parts = urlsplit(address)
    if parts.scheme or parts.netloc or parts.path in ("/sign-in", "/sign-out", "/register"):
        return NEW_LESSON
    return address


def here(request: Request) -> str:
    """The path and query that were asked for."""
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def sign_in_address(next_path: str) -> str:
    return "/sign-in" if next_path == NEW_LESSON else f"/sign-in?next={quote(next_path, safe='/')}"
