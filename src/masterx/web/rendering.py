"""Templates to HTML answers."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fastapi import Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from masterx.api.head_requests import headers_alone
from masterx.api.schemas import MAX_TITLE_LENGTH
from masterx.web import figures
from masterx.web.assets import Assets

ZONE_COOKIE = "masterx_zone"

TEMPLATES = Path(__file__).parent / "templates"


@cache
def shared_assets() -> Assets:
    return Assets()


@cache
def environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.globals["static"] = shared_assets().url
    made.globals["max_title_length"] = MAX_TITLE_LENGTH
    made.filters["clock_time"] = clock_time
    made.filters["day"] = day
    made.filters["date"] = date
    made.filters["seconds"] = seconds
    made.filters["dollars"] = dollars
    for shown in (figures.money, figures.cap_amount, figures.count, figures.percent, figures.duration):
        made.filters[shown.__name__] = shown
    made.filters[figures.in_a_sentence.__name__] = figures.in_a_sentence
    for moment in (figures.ago, figures.when):
        made.filters[moment.__name__] = moment
    return made


def page(request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """Never kept by a cache: a page shows one person's words."""
    html = environment().get_template(template).render(zone=zone_of(request), **values)
    return HTMLResponse(html, status_code=status, headers=_OF_PAGES)


def page_unmade() -> Response:
    """What HEAD gets of a page that begins something when it is made."""
    return headers_alone(HTMLResponse(headers=_OF_PAGES))


_OF_PAGES = {"Cache-Control": "no-store", "Vary": "Cookie"}


def zone_of(request: Request) -> tzinfo:
    """The browser's time zone, which a script leaves in a cookie; UTC until it has."""
    name = unquote(request.cookies.get(ZONE_COOKIE, "UTC"))
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def clock_time(moment: datetime, zone: tzinfo) -> str:
    return f"{moment.astimezone(zone):%H:%M}"


def day(moment: datetime, zone: tzinfo, now: datetime) -> str:
    """Such as "16:42" today, "Tuesday 16:42" within a week, "3 March 2026" before that."""
    then, today = moment.astimezone(zone), now.astimezone(zone).date()
    if then.date() == today:
        return f"{then:%H:%M}"
    if then.date() > today - timedelta(days=7):
        return f"{then:%A %H:%M}"
    return f"{then.day} {then:%B %Y}"


def date(moment: datetime, zone: tzinfo) -> str:
    """Such as "Tuesday 3 March, 16:42"; for what is to come."""
    then = moment.astimezone(zone)
    return f"{then:%A} {then.day} {then:%B}, {then:%H:%M}"


def seconds(milliseconds: int) -> str:
    return f"{milliseconds / 1000:.1f} s"


def dollars(amount: float) -> str:
    """To the cent, or to as many digits as say something about less than that."""
    if amount == 0:
        return "free"
    return f"${amount:.2f}" if amount >= 0.1 else f"${amount:.4f}" if amount >= 0.0001 else f"${amount:.6f}"
