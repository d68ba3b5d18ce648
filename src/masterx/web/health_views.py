"""The report on the server's health in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from masterx.health import HealthReport
from masterx.web.figures import ago

GIB = 2**30
SIGNS = {
    "healthy": ("well", "circle-check", "Well"),
    "degraded": ("pencil", "triangle-alert", "Degraded"),
    "down": ("brick", "circle-x", "Down"),
}
UNKNOWN = ("quiet", "circle-dot", "Not known")


@dataclass(frozen=True, slots=True)
class Fact:
    word: str
    tone: str
    sign: str
    state: str
    text: str


def health_facts(report: HealthReport, now: datetime) -> list[Fact]:
    texts = {
        "database": _database(report.checks["database"]),
        "disk": _disk(report.checks["disk"]),
        "jobs": _jobs(report.checks["jobs"], now),
    }
    facts = [
        Fact(name.capitalize(), *SIGNS.get(str(report.checks[name]["status"]), UNKNOWN), text)
        for name, text in texts.items()
    ]
    errors = report.recent_errors
    tone = ("well", "circle-check", "None") if not errors else ("pencil", "triangle-alert", str(errors))
    return [*facts, Fact("Errors", *tone, "In the last 5 minutes, of all workers")]


def _database(check: Mapping[str, Any]) -> str:
    if "error" in check:
        return f"It does not answer: {check['error']}"
    return f"A read took {check['read_ms']} ms, a write to the disk {check['write_ms']} ms"


def _disk(check: Mapping[str, Any]) -> str:
    return f"{check['free_bytes'] / GIB:,.1f} of {check['total_bytes'] / GIB:,.1f} GiB free"


def _jobs(check: Mapping[str, Any], now: datetime) -> str:
    jobs: Mapping[str, Mapping[str, Any]] = check.get("jobs", {})
    failing = [f"{name} ({job['last_error']})" for name, job in jobs.items() if job["last_error"]]
    if failing:
        return "The last run failed: " + ", ".join(failing)
    if not check.get("leader"):
        return "They are about to start" if check["status"] == "healthy" else "No worker has taken them over"
    runs = [job["last_run"] for job in jobs.values() if job["last_run"] is not None]
    return (
        f"{len(jobs)} jobs, the last one ran {ago(max(runs), now)}" if runs else f"{len(jobs)} jobs are about to start"
    )
