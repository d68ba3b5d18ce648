"""Recent errors, the same ones together, as the operator reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from masterx.records.operations import RecentError
from masterx.web.tables import Key

WORDS: Mapping[str, tuple[str, str, str, str]] = {
    # By code: tone, sign, what happened, and what learners saw of it.
    "no_provider_available": ("brick", "circle-x", "No model could answer", "“No model could answer just now”"),
    "provider_broke_off": ("pencil", "triangle-alert", "An answer broke off", "Its part, offered to finish"),
    "provider_timeout": ("pencil", "clock", "A model took too long", "Its part, offered to finish"),
    "provider_rate_limited": ("pencil", "clock", "A model asked to wait", "“No model could answer just now”"),
    "provider_auth": ("brick", "key-round", "A key was not accepted", "“No model could answer just now”"),
    "provider_rejected": ("brick", "circle-x", "A model refused the request", "“No model could answer just now”"),
    "provider_unavailable": ("brick", "circle-x", "A model was not reachable", "“No model could answer just now”"),
    "provider_protocol": ("pencil", "triangle-alert", "An answer was not readable", "“No model could answer just now”"),
    "budget_exceeded": ("pencil", "gauge", "A budget was used up", "“The tutor rests until”, and when"),
    "database_unavailable": ("brick", "circle-x", "The database was away", "“This server cannot write just now”"),
    "database_error": ("brick", "circle-x", "The database refused", "“Something went wrong”"),
    "configuration_error": ("pencil", "settings", "A setting has to change", "“Something went wrong”"),
}
OTHER = ("brick", "circle-x", "Something unexpected", "“Something went wrong”")


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorGroup:
    """Errors of one kind on one route."""

    last: datetime
    code: str
    where: str
    times: int
    request_id: str
    """Of the newest."""
    short_id: str
    """As pages show it to whoever met the error."""
    tone: str
    sign: str
    what: str
    seen: str


SORTED_BY: Mapping[str, Key] = {
    "last": lambda group: group.last,
    "what": lambda group: group.what,
    "where": lambda group: group.where,
    "times": lambda group: group.times,
}


def error_groups(errors: Sequence[RecentError]) -> list[ErrorGroup]:
    """`errors` newest first, as are the groups."""
    found: dict[tuple[str, str], list[RecentError]] = {}
    for error in errors:
        found.setdefault((error.code, error.path), []).append(error)
    groups = []
    for (code, path), same in found.items():
        tone, sign, what, seen = WORDS.get(code, OTHER)
        groups.append(
            ErrorGroup(
                last=same[0].timestamp,
                code=code,
                where=path,
                times=len(same),
                request_id=same[0].request_id,
                short_id=short_id(same[0].request_id),
                tone=tone,
                sign=sign,
                what=what,
                seen=seen,
            )
        )
    return groups


def short_id(request_id: str) -> str:
    """The end of it, which is what differs between requests: "7f3a 91c2"."""
    end = request_id.replace("-", "")[-8:]
    return f"{end[:4]} {end[4:]}".strip()
