"""The whole server as one ASGI application: the API and the pages."""

from __future__ import annotations

from fastapi import FastAPI

from masterx.api.app import create_api
from masterx.web.pages import install_pages
from masterx.wiring import Services


def create_app(services: Services) -> FastAPI:
    """The services stay the caller's to close."""
    app = create_api(services)
    install_pages(app)
    return app
