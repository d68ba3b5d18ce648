"""The one table of access rules: every route has a row, and a route without one answers nobody.

A test walks it against the routes that exist. "Own" is decided by the queries: they carry the caller's id, so an
id of somebody else's finds nothing and answers like an absent one.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from masterx.errors import Forbidden, Unauthenticated
from masterx.records.users import Role


class Access(StrEnum):
    PUBLIC = "public"
    """Anybody, signed in or not."""
    OWN = "own"
    """Anybody signed in, and only their own rows."""
    ADMIN = "admin"
    """Administrators."""
    KEY = "key"
    """Whoever sends an API key, and nobody who is only signed in."""


RULES: Mapping[tuple[str, str], Access] = {
    ("POST", "/api/v1/auth/register"): Access.PUBLIC,
    ("POST", "/api/v1/auth/login"): Access.PUBLIC,
    ("POST", "/api/v1/auth/refresh"): Access.PUBLIC,
    ("POST", "/api/v1/auth/logout"): Access.PUBLIC,
    ("POST", "/api/v1/auth/logout-everywhere"): Access.OWN,
    ("POST", "/api/v1/auth/forgot-password"): Access.PUBLIC,
    ("POST", "/api/v1/auth/reset-password"): Access.PUBLIC,
    ("GET", "/api/v1/users/me"): Access.OWN,
    ("PATCH", "/api/v1/users/me"): Access.OWN,
    ("DELETE", "/api/v1/users/me"): Access.OWN,
    ("GET", "/api/v1/users/me/export"): Access.OWN,
    ("POST", "/api/v1/users/me/password"): Access.OWN,
    ("GET", "/api/v1/users/me/devices"): Access.OWN,
    ("DELETE", "/api/v1/users/me/devices/{device_id}"): Access.OWN,
    ("POST", "/api/v1/chat"): Access.OWN,
    ("GET", "/api/v1/sessions"): Access.OWN,
    ("GET", "/api/v1/sessions/{session_id}"): Access.OWN,
    ("PATCH", "/api/v1/sessions/{session_id}"): Access.OWN,
    ("DELETE", "/api/v1/sessions/{session_id}"): Access.OWN,
    ("POST", "/api/v1/sessions/{session_id}/end"): Access.OWN,
    ("GET", "/api/v1/messages/{message_id}/versions"): Access.OWN,
    ("POST", "/api/v1/messages/{message_id}/feedback"): Access.OWN,
    ("PUT", "/api/v1/messages/{message_id}/mood"): Access.OWN,
    ("DELETE", "/api/v1/messages/{message_id}/mood"): Access.OWN,
    ("GET", "/api/v1/users/me/mood"): Access.OWN,
    ("PATCH", "/api/v1/users/me/mood"): Access.OWN,
    ("DELETE", "/api/v1/users/me/mood"): Access.OWN,
    ("GET", "/api/v1/search"): Access.OWN,
    ("GET", "/api/v1/practice/subjects"): Access.OWN,
    ("GET", "/api/v1/practice/next"): Access.OWN,
    ("POST", "/api/v1/practice/next"): Access.OWN,
    ("POST", "/api/v1/practice/answer"): Access.OWN,
    ("POST", "/api/v1/practice/reading"): Access.OWN,
    ("POST", "/api/v1/practice/hint"): Access.OWN,
    ("POST", "/api/v1/practice/solution"): Access.OWN,
    ("GET", "/api/v1/practice/responses.csv"): Access.OWN,
    ("GET", "/api/v1/practice/statements.jsonl"): Access.OWN,
    ("GET", "/api/v1/practice/questions/{question_id}"): Access.OWN,
    ("GET", "/api/v1/goals"): Access.OWN,
    ("PUT", "/api/v1/goals/{subject}"): Access.OWN,
    ("DELETE", "/api/v1/goals/{subject}"): Access.OWN,
    ("GET", "/api/v1/reviews"): Access.OWN,
    ("GET", "/api/v1/progress"): Access.OWN,
    ("POST", "/api/v1/placement/start"): Access.OWN,
    ("POST", "/api/v1/placement/next"): Access.OWN,
    ("POST", "/api/v1/placement/finish"): Access.OWN,
    ("GET", "/api/v1/admin/users"): Access.ADMIN,
    ("GET", "/api/v1/admin/users.csv"): Access.ADMIN,
    ("PATCH", "/api/v1/admin/users/{user_id}"): Access.ADMIN,
    ("POST", "/api/v1/admin/users/{user_id}/reset-link"): Access.ADMIN,
    ("POST", "/api/v1/admin/invitations"): Access.ADMIN,
    ("GET", "/api/v1/admin/invitations"): Access.ADMIN,
    ("DELETE", "/api/v1/admin/invitations/{invitation_id}"): Access.ADMIN,
    ("GET", "/api/v1/admin/keys"): Access.ADMIN,
    ("POST", "/api/v1/admin/keys"): Access.ADMIN,
    ("DELETE", "/api/v1/admin/keys/{key_id}"): Access.ADMIN,
    ("GET", "/api/v1/admin/costs"): Access.ADMIN,
    ("GET", "/api/v1/admin/costs/series"): Access.ADMIN,
    ("POST", "/api/v1/admin/costs/verify"): Access.ADMIN,
    ("GET", "/api/v1/admin/costs.csv"): Access.ADMIN,
    ("GET", "/api/v1/admin/ledger.csv"): Access.ADMIN,
    ("GET", "/api/v1/admin/budgets"): Access.ADMIN,
    ("PUT", "/api/v1/admin/budgets"): Access.ADMIN,
    ("DELETE", "/api/v1/admin/budgets"): Access.ADMIN,
    ("GET", "/api/v1/admin/budgets.csv"): Access.ADMIN,
    ("GET", "/api/v1/admin/providers"): Access.ADMIN,
    ("GET", "/api/v1/admin/providers.csv"): Access.ADMIN,
    ("POST", "/api/v1/admin/providers/{provider}/enable"): Access.ADMIN,
    ("POST", "/api/v1/admin/providers/{provider}/disable"): Access.ADMIN,
    ("POST", "/api/v1/admin/providers/{provider}/reset"): Access.ADMIN,
    ("POST", "/api/v1/admin/providers/{provider}/probe"): Access.ADMIN,
    ("POST", "/api/v1/admin/reload"): Access.ADMIN,
    ("GET", "/api/v1/admin/benchmarks"): Access.ADMIN,
    ("GET", "/api/v1/admin/benchmarks.csv"): Access.ADMIN,
    ("GET", "/api/v1/admin/benchmarks/history"): Access.ADMIN,
    ("PUT", "/api/v1/admin/benchmarks/schedule"): Access.ADMIN,
    ("GET", "/api/v1/admin/benchmarks/runs"): Access.ADMIN,
    ("POST", "/api/v1/admin/benchmarks/runs"): Access.ADMIN,
    ("GET", "/api/v1/admin/benchmarks/runs/{run_id}"): Access.ADMIN,
    ("POST", "/api/v1/admin/benchmarks/runs/{run_id}/stop"): Access.ADMIN,
    ("POST", "/api/v1/admin/benchmarks/runs/{run_id}/resume"): Access.ADMIN,
    ("GET", "/api/v1/admin/routing/rules"): Access.ADMIN,
    ("PUT", "/api/v1/admin/routing/rules/{category}/{provider}"): Access.ADMIN,
    ("DELETE", "/api/v1/admin/routing/rules/{category}/{provider}"): Access.ADMIN,
    ("GET", "/api/v1/admin/learners"): Access.ADMIN,
    ("GET", "/api/v1/admin/learners.csv"): Access.ADMIN,
    ("GET", "/api/v1/admin/learners/{user_id}"): Access.ADMIN,
    ("GET", "/api/v1/admin/feedback"): Access.ADMIN,
    ("GET", "/api/v1/admin/feedback.csv"): Access.ADMIN,
    ("GET", "/api/v1/admin/health/providers"): Access.ADMIN,
    ("GET", "/api/v1/admin/errors"): Access.ADMIN,
    ("GET", "/api/v1/admin/errors.csv"): Access.ADMIN,
    ("GET", "/api/v1/admin/instances"): Access.ADMIN,
    ("GET", "/api/v1/admin/alerts"): Access.ADMIN,
    ("GET", "/api/v1/admin/alerts.csv"): Access.ADMIN,
    ("POST", "/api/v1/admin/alerts/test"): Access.ADMIN,
    ("GET", "/api/v1/health/detailed"): Access.ADMIN,
    ("GET", "/metrics"): Access.PUBLIC,
    ("GET", "/v1/models"): Access.KEY,
    ("GET", "/v1/models/{model:path}"): Access.KEY,
    ("POST", "/v1/chat/completions"): Access.KEY,
    ("GET", "/api/v1/providers"): Access.OWN,
    ("GET", "/api/v1/health"): Access.PUBLIC,
    ("GET", "/api/v1/health/ready"): Access.PUBLIC,
    ("GET", "/ready"): Access.PUBLIC,
    ("GET", "/openapi.json"): Access.PUBLIC,
    ("GET", "/"): Access.OWN,
    ("GET", "/lessons"): Access.OWN,
    ("GET", "/lessons/{session_id}"): Access.OWN,
    ("GET", "/lessons/{session_id}/earlier"): Access.OWN,
    ("GET", "/messages/{message_id}/versions"): Access.OWN,
    ("GET", "/messages/{message_id}/why"): Access.ADMIN,
    ("GET", "/sign-in"): Access.PUBLIC,
    ("POST", "/sign-in"): Access.PUBLIC,
    ("POST", "/sign-in/refresh"): Access.PUBLIC,
    ("GET", "/sign-in/link"): Access.PUBLIC,
    ("POST", "/sign-out"): Access.PUBLIC,
    ("GET", "/register"): Access.PUBLIC,
    ("POST", "/register"): Access.PUBLIC,
    ("GET", "/forgot-password"): Access.PUBLIC,
    ("POST", "/forgot-password"): Access.PUBLIC,
    ("GET", "/reset-password"): Access.PUBLIC,
    ("POST", "/reset-password"): Access.PUBLIC,
    ("GET", "/search"): Access.OWN,
    ("GET", "/practice"): Access.OWN,
    ("GET", "/lessons/questions/{message_id}"): Access.OWN,
    ("POST", "/lessons/questions/{message_id}/answer"): Access.OWN,
    ("POST", "/lessons/questions/{message_id}/hint"): Access.OWN,
    ("POST", "/lessons/questions/{message_id}/solution"): Access.OWN,
    ("POST", "/practice/answer"): Access.OWN,
    ("POST", "/practice/hint"): Access.OWN,
    ("POST", "/practice/solution"): Access.OWN,
    ("POST", "/practice/next"): Access.OWN,
    ("GET", "/reviews"): Access.OWN,
    ("GET", "/progress"): Access.OWN,
    ("GET", "/settings"): Access.OWN,
    ("GET", "/admin/costs"): Access.ADMIN,
    ("POST", "/admin/costs/verify"): Access.ADMIN,
    ("GET", "/admin/budgets"): Access.ADMIN,
    ("POST", "/admin/budgets"): Access.ADMIN,
    ("POST", "/admin/budgets/remove"): Access.ADMIN,
    ("GET", "/admin/providers"): Access.ADMIN,
    ("POST", "/admin/providers/reload"): Access.ADMIN,
    ("POST", "/admin/providers/rules"): Access.ADMIN,
    ("GET", "/admin/feedback"): Access.ADMIN,
    ("POST", "/admin/providers/{provider}/{action}"): Access.ADMIN,
    ("GET", "/admin/benchmarks"): Access.ADMIN,
    ("POST", "/admin/benchmarks"): Access.ADMIN,
    ("POST", "/admin/benchmarks/schedule"): Access.ADMIN,
    ("GET", "/admin/benchmarks/runs/{run_id}"): Access.ADMIN,
    ("POST", "/admin/benchmarks/runs/{run_id}/{action}"): Access.ADMIN,
    ("GET", "/admin/learners"): Access.ADMIN,
    ("GET", "/admin/learners/{user_id}"): Access.ADMIN,
    ("GET", "/admin/people"): Access.ADMIN,
    ("GET", "/admin/people/{user_id}"): Access.ADMIN,
    ("POST", "/admin/people/{user_id}"): Access.ADMIN,
    ("GET", "/admin/errors"): Access.ADMIN,
    ("GET", "/admin/alerts"): Access.ADMIN,
    ("POST", "/admin/alerts/test"): Access.ADMIN,
    ("GET", "/first-run"): Access.ADMIN,
    ("POST", "/first-run/account"): Access.ADMIN,
    ("POST", "/first-run/budget"): Access.ADMIN,
    ("GET", "/first-run/models"): Access.ADMIN,
    ("GET", "/static/{path:path}"): Access.PUBLIC,
}


def permit(method: str, route: str, role: Role | None) -> None:
    """Let `role` (None: not signed in) through, or raise `Unauthenticated` or `Forbidden`.

    `route` is the template, such as ``/api/v1/sessions/{session_id}``. HEAD is judged as GET.
    """
    rule = RULES.get(("GET" if method == "HEAD" else method, route))
    if rule is Access.PUBLIC:
        return
    if role is None:
        raise Unauthenticated
    if rule is None or rule is Access.KEY or (rule is Access.ADMIN and role is not Role.ADMIN):
        raise Forbidden


def permit_key(method: str, route: str) -> None:
    """Let whoever has an API key through, or raise `Forbidden`. HEAD is judged as GET."""
    if RULES.get(("GET" if method == "HEAD" else method, route)) is not Access.KEY:
        raise Forbidden
