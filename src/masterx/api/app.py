"""The API as an ASGI application; `web.app` puts the pages beside it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from fastapi import Depends, FastAPI
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from masterx import __version__
from masterx.api import (
    admin,
    api_keys,
    auth,
    benchmarks,
    budgets,
    chat,
    compatible,
    costs,
    feedback,
    goals,
    health,
    learners,
    lesson_questions,
    metrics,
    moods,
    operations,
    people,
    personal_data,
    practice,
    provider_feedback,
    provider_switches,
    providers,
    routing_rules,
    search,
    sessions,
    users,
)
from masterx.api.allowed_hosts import AllowedHosts
from masterx.api.body_limit import BodyLimit
from masterx.api.errors import install_error_answers
from masterx.api.head_requests import HeadRequests
from masterx.api.identity import authorise
from masterx.api.openapi import description_of
from masterx.api.request_context import RequestContext
from masterx.wiring import Services, send_reset_mails, warm_up

DESCRIPTION = """\
A tutor that answers in a stream, remembers, and says what it cost.

Sign in with `POST /api/v1/auth/login` and send the access token as `Authorization: Bearer …`. Every error has the
same body; `code` is stable. Times are UTC, money is US dollars.
"""


def create_api(services: Services) -> FastAPI:
    """The services stay the caller's to close."""

    @contextlib.asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        background = [
            asyncio.create_task(warm_up(services), name="warm-up"),
            asyncio.create_task(services.jobs.run(), name="jobs"),
            asyncio.create_task(services.breakers.run(), name="breakers"),
            asyncio.create_task(services.instances.run(), name="instances"),
            asyncio.create_task(services.signals.run(), name="signals"),
            asyncio.create_task(services.scoreboard.run(), name="scoreboard"),
            asyncio.create_task(send_reset_mails(services), name="reset-mails"),
        ]
        yield
        for task in background:
            task.cancel()
        await asyncio.gather(*background, return_exceptions=True)

    app = FastAPI(
        title="MasterX",
        version=__version__,
        description=DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        dependencies=[Depends(authorise)],
    )
    app.state.services = services
    # Routers are asked in order: those that are asked most often, for what costs least, come first.
    app.include_router(compatible.router)
    for module in (chat, auth, users, personal_data, sessions, feedback, providers, admin, operations, health, metrics):
        app.include_router(module.router)
    for module in (moods, search, api_keys):
        app.include_router(module.router)
    for router in (practice.router, practice.files, lesson_questions.router, goals.router):
        app.include_router(router)
    for router in (people.router, costs.router, budgets.router, budgets.files, provider_switches.router):
        app.include_router(router)
    for router in (routing_rules.router, provider_feedback.router, learners.router):
        app.include_router(router)
    for router in (benchmarks.router, benchmarks.files):
        app.include_router(router)
    app.openapi = description_of(app)  # type: ignore[method-assign]  # the documented way to change it
    install_error_answers(app)
    app.add_middleware(HeadRequests)
    app.add_middleware(BodyLimit, max_bytes=services.settings.server.max_body_bytes)
    app.add_middleware(AllowedHosts, allowed=services.settings.server.allowed_hosts)
    app.add_middleware(
        RequestContext,
        clock=services.clock,
        metrics=services.metrics,
        recent_errors=services.recent_errors,
        is_draining=lambda: services.instances.is_draining,
    )
    proxies = [str(network) for network in services.settings.server.trusted_proxies]
    if proxies:
        app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=proxies)
    return app
