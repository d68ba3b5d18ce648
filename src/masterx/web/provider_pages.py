"""For administrators: which models answer, how well, and whether they may be asked."""

from __future__ import annotations

import re
from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Path, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from masterx.api.identity import CurrentIdentity
from masterx.api.services import CurrentServices
from masterx.errors import ConfigurationError, Conflict, InvalidInput
from masterx.records.readings import CATEGORIES
from masterx.records.routing_rules import RuleKind
from masterx.web.admin_frame import admin_page
from masterx.web.provider_views import SORTED_BY, key_views, provider_views, rule_views, said
from masterx.web.rendering import zone_of
from masterx.web.tables import Sorting

NAME = re.compile(r"[a-z0-9_-]+")

router = APIRouter(include_in_schema=False)

Provider = Annotated[str, Path(max_length=100)]
Short = Annotated[str, Query(max_length=100)]
Field = Annotated[str, Form(max_length=100)]


@router.get("/admin/providers")
async def providers(
    request: Request,
    identity: CurrentIdentity,
    services: CurrentServices,
    sort: Short = "",
    did: Short = "",
    provider: Short = "",
    code: Short = "",
    ms: Annotated[int, Query(ge=0)] = 0,
    changed: Annotated[str, Query(max_length=2000)] = "",
) -> HTMLResponse:
    """`did`, `provider`, `code`, `ms` and `changed` say what a button brought about."""
    now, zone = services.clock.now(), zone_of(request)
    rows = await services.provider_table.rows()
    names = [row.name for row in rows]
    sorting = Sorting.of(sort, SORTED_BY, "")
    views = provider_views(rows, now, zone)
    return await admin_page(
        request,
        identity,
        services,
        "providers.html",
        current="providers",
        views=sorting.sort(views, SORTED_BY) if sorting.column else views,
        sorting=sorting,
        keys=key_views(rows),
        rules=rule_views(services.routing_rules.all(), names),
        usable=sum(row.enabled and row.configured == "ready" for row in rows),
        said=said(did, provider, code, ms, NAME.findall(changed))
        if provider in names or did in {"reload", "rules"}
        else None,
    )


@router.post("/admin/providers/reload")
async def reload(services: CurrentServices) -> Response:
    try:
        changed = await services.reloads.request()
    except ConfigurationError:
        return _back(did="reload", code="unreadable")
    return _back(did="reload", changed=",".join(changed))


@router.post("/admin/providers/rules")
async def set_rules(
    identity: CurrentIdentity,
    services: CurrentServices,
    category: Field,
    pinned: Field = "",
    forbidden: Annotated[list[str], Form(max_length=100)] = [],  # noqa: B006 (FastAPI copies it)
) -> Response:
    """What is said of a category takes the place of what was. Raises `NotFound` for a provider that there is not."""
    rules, by = services.routing_rules, identity.user_id
    if category not in CATEGORIES:
        raise InvalidInput(f"Categories are {', '.join(CATEGORIES)}.")
    await rules.refresh()
    wanted = dict.fromkeys(forbidden, RuleKind.FORBIDDEN) | ({pinned: RuleKind.PINNED} if pinned else {})
    now = {rule.provider: rule.kind for rule in rules.all() if rule.category == category}
    for provider in now.keys() - wanted.keys():
        await rules.lift(category, provider, by=by)
    try:
        for provider, kind in wanted.items():
            if now.get(provider) is not kind:
                await (rules.pin if kind is RuleKind.PINNED else rules.forbid)(category, provider, by=by)
    except Conflict:
        return _back(did="rules", code="nobody", changed=category)
    return _back(did="rules", changed=category)


@router.post("/admin/providers/{provider}/{action}")
async def act(
    provider: Provider, action: Literal["enable", "disable", "reset", "probe"], services: CurrentServices
) -> Response:
    """Raises `NotFound` for a provider that is not configured."""
    if action == "probe":
        probe = await services.prober.probe(provider)
        return _back(did=action, provider=provider, code=probe.code or "ok", ms=str(probe.duration_ms))
    switch = {
        "enable": services.switches.enable,
        "disable": services.switches.disable,
        "reset": services.switches.reset,
    }
    await switch[action](provider)
    return _back(did=action, provider=provider)


def _back(**said: str) -> Response:
    return RedirectResponse(f"/admin/providers?{urlencode(said)}", status_code=303)
