"""What whoever runs the server asks about it: health in detail, recent errors, alerts."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from masterx import __version__
from masterx.alerts.delivery import PROBLEMS
from masterx.api.csv_files import CSV_ANSWER, csv_file, whole
from masterx.api.schemas import errors
from masterx.api.services import CurrentServices
from masterx.records.health import BreakerState, HealthStatus
from masterx.records.operations import AlertKind, Delivery, InstanceState

ERRORS_KEPT = 1_000
ALERTS_IN_FILE = 10_000

router = APIRouter(prefix="/api/v1", tags=["operations"])


class DetailedHealth(BaseModel):
    status: Literal["healthy", "degraded"]
    checks: dict[str, dict[str, Any]] = Field(
        description="By name, each with a `status`: database, providers, emotion_detection, jobs, disk."
    )
    recent_errors: int = Field(description="Of all processes in the last 5 minutes.")
    version: str
    uptime_seconds: int = Field(description="Of this process.")
    timestamp: datetime


class ProviderHealthBody(BaseModel):
    provider: str = Field(examples=["groq"])
    status: HealthStatus
    requests_last_hour: int
    errors_last_hour: int
    success_rate: float | None = Field(description="0 to 1 over the last hour; null without calls.")
    avg_response_time_ms: float | None
    p95_response_time_ms: int | None
    circuit_breaker_state: BreakerState = Field(description="All processes share it, give or take a second.")
    last_success: datetime | None
    last_failure: datetime | None


class ProviderHealthList(BaseModel):
    providers: list[ProviderHealthBody]


class RecentErrorBody(BaseModel):
    timestamp: datetime
    request_id: str
    type: str = Field(examples=["NoProviderAvailable"])
    code: str = Field(examples=["no_provider_available"])
    path: str = Field(description="The route, without what was in its place.", examples=["/api/v1/chat"])
    instance_id: str = Field(description="The process that met it.")


class RecentErrorList(BaseModel):
    errors: list[RecentErrorBody] = Field(description="Newest first; of all processes, the newest 1,000 are kept.")


class JobRunBody(BaseModel):
    name: str = Field(examples=["alerts"])
    last_run: datetime | None
    last_error: str | None = Field(description="The error's code; null after a run that went well.")


class InstanceBody(BaseModel):
    id: str
    host: str
    process_id: int
    version: str
    started_at: datetime
    last_seen: datetime
    state: InstanceState | Literal["lost"] = Field(
        description="`draining`: told to stop; `lost`: not heard of for 20 seconds, and forgotten after an hour or two."
    )
    leads: bool = Field(description="Whether it runs the background jobs for all.")
    jobs: list[JobRunBody] = Field(description="Of the one that leads.")


class InstanceList(BaseModel):
    instances: list[InstanceBody] = Field(description="In the order of their start.")


class AlertBody(BaseModel):
    id: str
    kind: AlertKind
    subject: str = Field(description="The provider; empty for the system.")
    value: float = Field(description="When it was raised: dollars, a rate, MiB or seconds.")
    threshold: float
    raised_at: datetime
    resolved_at: datetime | None
    delivery: Delivery
    tries: int
    delivery_error: str | None


class AlertList(BaseModel):
    alerts: list[AlertBody] = Field(description="Newest first.")


class SentBody(BaseModel):
    place: int = Field(description="In MASTERX_ALERT_URLS, from 1; the address itself is a secret.")
    service: str = Field(examples=["Slack"])
    delivered: bool
    problem: str | None


class SentList(BaseModel):
    sent: list[SentBody]


@router.get("/health/detailed", responses=errors(401, 403, 503))
async def detailed_health(services: CurrentServices) -> DetailedHealth:
    """How everything is doing, from a real read and write and from real traffic. Kept for a second."""
    report = await services.health.report()
    return DetailedHealth(version=__version__, **asdict(report))


@router.get("/admin/health/providers", responses=errors(401, 403, 503))
async def provider_health(services: CurrentServices) -> ProviderHealthList:
    """Each provider over the last hour, from the ledger: over all workers."""
    return ProviderHealthList(
        providers=[
            ProviderHealthBody(**asdict(report.snapshot), p95_response_time_ms=report.p95_response_time_ms)
            for report in await services.health.providers()
        ]
    )


@router.get("/admin/errors", responses=errors(401, 403, 422, 503))
async def recent_errors(
    services: CurrentServices, limit: Annotated[int, Query(ge=1, le=1_000)] = 200
) -> RecentErrorList:
    """Answers of 5xx, and turns that failed. The request id leads to the log, which says more."""
    newest = await services.recent_errors.newest(limit)
    return RecentErrorList(errors=[RecentErrorBody(**asdict(error)) for error in newest])


@router.get("/admin/errors.csv", responses={**CSV_ANSWER, **errors(401, 403, 503)}, response_class=StreamingResponse)
async def errors_csv(services: CurrentServices) -> StreamingResponse:
    """All that are kept, newest first, as a file."""
    newest = await services.recent_errors.newest(ERRORS_KEPT)
    headings = list(RecentErrorBody.model_fields)
    rows = [[getattr(error, name) for name in headings] for error in newest]
    return csv_file("masterx-errors", headings, whole(rows))


@router.get("/admin/instances", responses=errors(401, 403, 503))
async def instances(services: CurrentServices) -> InstanceList:
    """The processes that answer, on all hosts, and those that died in the last hour."""
    return InstanceList(
        instances=[
            InstanceBody(
                **asdict(instance) | {"state": "lost" if services.instances.is_lost(instance) else instance.state}
            )
            for instance in await services.instances.all()
        ]
    )


@router.get("/admin/alerts", responses=errors(401, 403, 422, 503))
async def alerts(services: CurrentServices, limit: Annotated[int, Query(ge=1, le=200)] = 50) -> AlertList:
    """What was raised, whether it is over, and whether the news was delivered."""
    found = await services.store.alerts(limit=limit)
    return AlertList(alerts=[AlertBody(**asdict(alert)) for alert in found])


@router.get("/admin/alerts.csv", responses={**CSV_ANSWER, **errors(401, 403, 503)}, response_class=StreamingResponse)
async def alerts_csv(services: CurrentServices) -> StreamingResponse:
    """Those of the last 30 days, newest first, as a file."""
    headings = list(AlertBody.model_fields)
    rows = [[getattr(alert, name) for name in headings] for alert in await services.store.alerts(limit=ALERTS_IN_FILE)]
    return csv_file("masterx-alerts", headings, whole(rows))


@router.post("/admin/alerts/test", responses=errors(401, 403, 409, 429))
async def test_alerts(services: CurrentServices) -> SentList:
    """Send a message to each address alerts go to, now and beside the queue, and say what came of it.

    One at a time, and one in ten seconds for each worker; 409 where no address is configured.
    """
    return SentList(
        sent=[
            SentBody(
                place=one.place,
                service=one.service,
                delivered=one.problem is None,
                problem=None if one.problem is None else PROBLEMS[one.problem],
            )
            for one in await services.alert_trial.send()
        ]
    )
