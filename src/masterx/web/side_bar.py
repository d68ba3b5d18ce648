"""What stands beside every page of somebody who is signed in: their lessons, and who they are."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import Request

from masterx.records.users import Role, User
from masterx.web.lesson_views import group_lessons
from masterx.web.rendering import zone_of
from masterx.wiring import Services

LESSONS_LISTED = 50

Current = Literal["learn", "practice", "reviews", "progress", "search", "settings"]


async def side_bar(
    request: Request, user: User, services: Services, *, current: Current, opened: str | None = None
) -> dict[str, Any]:
    """`opened`: the lesson that the page shows."""
    is_admin = user.role is Role.ADMIN
    return {
        "user": user,
        "is_admin": is_admin,
        "open_alerts": len(await services.store.open_alerts()) if is_admin else 0,
        "due_reviews": len(await services.practice.due_reviews(user.id)),
        "current": current,
        "last_group": None,
        **await lesson_list(request, user.id, services, opened=opened),
    }


async def lesson_list(
    request: Request, user_id: str, services: Services, *, opened: str | None = None, cursor: str | None = None
) -> dict[str, Any]:
    found = await services.store.sessions(user_id, limit=LESSONS_LISTED, cursor=cursor)
    groups = group_lessons(found.sessions, open_id=opened, now=services.clock.now(), zone=zone_of(request))
    return {"groups": groups, "next_cursor": found.next_cursor, "opened": opened}
