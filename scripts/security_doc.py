"""Write the audit by route in docs/security.md from the table of access rules. The rest of the page is hand-written."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from masterx.accounts.access import RULES, Access

PAGE = Path(__file__).resolve().parent.parent / "docs" / "security.md"
BEGIN = "<!-- written by scripts/security_doc.py: make docs -->"
END = "<!-- end -->"

Route = tuple[str, str]

OWN_ROWS = "signed in; only the caller's rows are in the query"
OWN_ID = "signed in; the id is looked up together with the caller's, so a foreign one is absent (404)"
ADMINISTRATOR = "signed in as an administrator, by the role that the store has now"
API_KEY = "an API key: not revoked, not over, of an account that is not disabled; its scopes say which models"
NO_DATA = "nothing; the page holds no data"
CREDENTIALS = "e-mail and password; attempts by account and network"
REFRESH_TOKEN = "the refresh token; one that comes back later than 10 s after its use signs its device out"
RESET_SECRET = "the secret of a link: one use, an hour, only its hash is stored"
REGISTRATION = "`MASTERX_REGISTRATION`, the invitation where there is one; attempts by network"
FORGOTTEN = "attempts by network; the same answer for every address"

PUBLIC_CHECKS: Mapping[Route, str] = {
    ("POST", "/api/v1/auth/register"): REGISTRATION,
    ("POST", "/api/v1/auth/login"): CREDENTIALS,
    ("POST", "/api/v1/auth/refresh"): REFRESH_TOKEN,
    ("POST", "/api/v1/auth/logout"): "the refresh token; an unknown one is signed out already",
    ("POST", "/api/v1/auth/forgot-password"): FORGOTTEN,
    ("POST", "/api/v1/auth/reset-password"): RESET_SECRET,
    ("GET", "/api/v1/health"): "nothing; says that the process runs",
    ("GET", "/api/v1/health/ready"): "nothing; says whether the database answers",
    ("GET", "/ready"): "nothing; says whether the database answers",
    ("GET", "/metrics"): "`MASTERX_METRICS_TOKEN`, compared in constant time, or an administrator",
    ("GET", "/openapi.json"): "nothing; the description of the API",
    ("GET", "/sign-in"): NO_DATA,
    ("POST", "/sign-in"): CREDENTIALS,
    ("POST", "/sign-in/refresh"): REFRESH_TOKEN,
    (
        "GET",
        "/sign-in/link",
    ): "the secret of a link: one use, an hour, for the first administrator from this machine only",
    ("POST", "/sign-out"): "the refresh token of the cookie",
    ("GET", "/register"): NO_DATA,
    ("POST", "/register"): REGISTRATION,
    ("GET", "/forgot-password"): NO_DATA,
    ("POST", "/forgot-password"): FORGOTTEN,
    ("GET", "/reset-password"): NO_DATA,
    ("POST", "/reset-password"): RESET_SECRET,
    ("GET", "/static/{path:path}"): "nothing; files of the program, no other folder",
}
"""What stands in place of signing in: whoever adds a public route has to say it here."""

ALSO: Mapping[Route, str] = {
    ("DELETE", "/api/v1/users/me"): "the password again; the last administrator stays",
    ("POST", "/api/v1/users/me/password"): "the current password, with a budget of attempts",
    ("POST", "/api/v1/admin/keys"): "only the key's hash is stored; it is shown once",
    ("POST", "/api/v1/chat"): "the ids of session and replaced message belong to the caller",
    ("POST", "/api/v1/messages/{message_id}/feedback"): "it is an answer",
    ("POST", "/api/v1/practice/answer"): "the question is looked up together with the caller's id",
    ("POST", "/api/v1/practice/reading"): "the question is looked up together with the caller's id",
    ("POST", "/api/v1/practice/hint"): "the question is looked up together with the caller's id",
    ("POST", "/api/v1/practice/solution"): "the question is looked up together with the caller's id",
    ("GET", "/api/v1/practice/responses.csv"): "cells that a spreadsheet would run are quoted",
    ("GET", "/api/v1/providers"): "problems are shown to administrators only",
    ("POST", "/first-run/account"): "the account has no password yet",
    ("PATCH", "/api/v1/admin/users/{user_id}"): "an administrator who is not disabled is left; noted in the log",
    ("PUT", "/api/v1/admin/routing/rules/{category}/{provider}"): "somebody is left in the category; noted in the log",
    ("DELETE", "/api/v1/admin/routing/rules/{category}/{provider}"): "noted in the log",
    ("POST", "/admin/providers/rules"): "somebody is left in the category; noted in the log",
    ("GET", "/messages/{message_id}/why"): "only of the caller's own messages",
    ("GET", "/api/v1/admin/feedback"): "sums alone, no text",
    ("GET", "/api/v1/admin/learners"): "figures alone, no text",
    ("GET", "/api/v1/admin/learners.csv"): "cells that a spreadsheet would run are quoted",
    ("GET", "/api/v1/admin/learners/{user_id}"): "figures alone, no text",
    ("GET", "/admin/learners"): "figures alone, no text",
    ("GET", "/admin/learners/{user_id}"): "figures alone, no text",
    ("GET", "/admin/feedback"): "sums alone, no text",
    ("POST", "/api/v1/admin/providers/{provider}/probe"): "the system's and the provider's budgets",
    ("GET", "/api/v1/admin/ledger.csv"): "cells that a spreadsheet would run are quoted",
    ("POST", "/api/v1/admin/benchmarks/runs"): "the run's cap and all budgets",
    ("POST", "/api/v1/admin/benchmarks/runs/{run_id}/resume"): "the run's cap and all budgets",
    ("POST", "/admin/benchmarks"): "the run's cap and all budgets",
    ("GET", "/api/v1/admin/benchmarks.csv"): "cells that a spreadsheet would run are quoted",
}
"""Checks beside those that the rule stands for."""


def checks(route: Route, access: Access) -> str:
    if access is Access.PUBLIC:
        if route not in PUBLIC_CHECKS:
            raise KeyError(f"{' '.join(route)} is public: say in {Path(__file__).name} what is checked in its place")
        return PUBLIC_CHECKS[route]
    own = OWN_ID if "_id}" in route[1] else OWN_ROWS
    rule = {Access.ADMIN: ADMINISTRATOR, Access.KEY: API_KEY}.get(access, own)
    return f"{rule}; {ALSO[route]}" if route in ALSO else rule


def table() -> str:
    rows = [
        f"| `{method} {path}` | {access.value} | {checks((method, path), access)} |"
        for (method, path), access in RULES.items()
    ]
    return "\n".join(["| route | who | what is checked |", "|---|---|---|", *rows])


def render(page: str) -> str:
    """The page with its table renewed. Raises `ValueError` without the two marks."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{PAGE.name} has lost its marks")
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the audit by route in docs/security.md.")
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 when the page is out of date")
    page = PAGE.read_text()
    if not parser.parse_args().check:
        PAGE.write_text(render(page))
    elif page != render(page):
        sys.exit(f"{PAGE.name} is out of date: make docs")


if __name__ == "__main__":
    main()
