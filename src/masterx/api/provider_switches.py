"""Each configured provider in detail, its switches, and the exchange of keys, for administrators."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from masterx.api.csv_files import CSV_ANSWER, csv_file, exact_dollars, whole
from masterx.api.schemas import errors
from masterx.api.services import CurrentServices
from masterx.errors import NotFound
from masterx.records.budgets import BudgetWindow
from masterx.records.health import BreakerState, HealthStatus
from masterx.records.money import to_dollars
from masterx.routing.provider_table import ProviderRow
from masterx.wiring import Services

router = APIRouter(prefix="/api/v1/admin", tags=["providers"])

ProviderName = Annotated[str, Path(pattern=r"^[a-z0-9_]{1,64}$", examples=["groq"])]


class ProviderCapBody(BaseModel):
    window: BudgetWindow
    amount: float = Field(description="US dollars, as are the next two.")
    used: float
    reserved: float


class HealthSlotBody(BaseModel):
    starts_at: datetime
    status: HealthStatus | None = Field(description="The worst of the quarter of an hour; null: no server ran.")
    success_rate: float | None
    avg_response_time_ms: float | None


class ProviderRowBody(BaseModel):
    name: str = Field(examples=["groq"])
    label: str = Field(examples=["Groq"])
    model_name: str = Field(examples=["llama-3.3-70b-versatile"])
    dialect: str = Field(examples=["openai"])
    configured: str = Field(description="`ready`, or what is missing.", examples=["ready"])
    problem: str | None = Field(description="What the operator has to do.")
    demo: bool
    free: bool
    enabled: bool
    switched_at: datetime | None = Field(description="When it was enabled, disabled or reset last.")
    status: HealthStatus | None = Field(description="Of the last hour, as the next figures; null: it cannot be called.")
    success_rate: float | None
    requests_last_hour: int
    errors_last_hour: int
    avg_response_time_ms: float | None
    p95_response_time_ms: int | None
    last_success: datetime | None
    last_failure: datetime | None
    circuit_breaker_state: BreakerState
    circuit_breaker_reason: str | None = Field(description="The code of the error that opened it.")
    spent_this_hour: float = Field(description="US dollars.")
    spent_today: float = Field(description="US dollars.")
    caps: list[ProviderCapBody] = Field(description="Its own; those of the system hold as well.")
    key_first_seen: datetime | None = Field(description="Null where none is needed or none is there.")
    key_age_days: int | None = Field(description="Since this installation saw the key first.")
    key_problem: str | None
    history: list[HealthSlotBody] = Field(description="The last 24 hours by quarters, oldest first.")

    @classmethod
    def of(cls, row: ProviderRow) -> ProviderRowBody:
        plain = {
            name: value
            for name, value in asdict(row).items()
            if name not in {"avg_ms", "p95_ms", "breaker", "breaker_reason", "spent_hour", "caps", "history"}
        }
        plain["spent_today"] = to_dollars(row.spent_today)
        return cls(
            **plain,
            avg_response_time_ms=row.avg_ms,
            p95_response_time_ms=row.p95_ms,
            circuit_breaker_state=row.breaker,
            circuit_breaker_reason=row.breaker_reason,
            spent_this_hour=to_dollars(row.spent_hour),
            caps=[
                ProviderCapBody(
                    window=cap.window,
                    amount=to_dollars(cap.amount),
                    used=to_dollars(cap.spent),
                    reserved=to_dollars(cap.reserved),
                )
                for cap in row.caps
            ],
            history=[
                HealthSlotBody(
                    starts_at=slot.starts_at,
                    status=slot.status,
                    success_rate=slot.success_rate,
                    avg_response_time_ms=slot.avg_ms,
                )
                for slot in row.history
            ],
        )


class ProviderTableBody(BaseModel):
    providers: list[ProviderRowBody] = Field(description="In the operator's order.")


class ProbeBody(BaseModel):
    provider: str
    answered: bool
    duration_ms: int
    code: str | None = Field(description="Of the error.", examples=["provider_timeout"])
    message: str | None


class ReloadBody(BaseModel):
    changed: list[str] = Field(description="Providers that are new, gone, or have another key, model or address.")
    ready: list[str] = Field(description="Those that can be called now.")


@router.get("/providers", responses=errors(401, 403, 503))
async def providers(services: CurrentServices) -> ProviderTableBody:
    """What each is, how its last hour and day were, what it costs, and whether it may be asked."""
    return ProviderTableBody(providers=[ProviderRowBody.of(row) for row in await services.provider_table.rows()])


@router.post("/providers/{provider}/disable", responses=errors(401, 403, 404, 422, 503))
async def disable_provider(provider: ProviderName, services: CurrentServices) -> ProviderRowBody:
    """Call it no more: at once here, within two seconds in every worker. Answers under way are finished."""
    await services.switches.disable(provider)
    return await _row(services, provider)


@router.post("/providers/{provider}/enable", responses=errors(401, 403, 404, 422, 503))
async def enable_provider(provider: ProviderName, services: CurrentServices) -> ProviderRowBody:
    """Let it be called again."""
    await services.switches.enable(provider)
    return await _row(services, provider)


@router.post("/providers/{provider}/reset", responses=errors(401, 403, 404, 422, 503))
async def reset_provider(provider: ProviderName, services: CurrentServices) -> ProviderRowBody:
    """Close its breaker, in every worker: for whoever knows that it is well again."""
    await services.switches.reset(provider)
    return await _row(services, provider)


@router.post("/providers/{provider}/probe", responses=errors(401, 403, 404, 422, 503))
async def probe_provider(provider: ProviderName, services: CurrentServices) -> ProbeBody:
    """Ask it for one word now, also while it is disabled. This is a call like any other and is paid for."""
    return ProbeBody(**asdict(await services.prober.probe(provider)))


@router.post("/reload", responses=errors(401, 403, 503))
async def reload(services: CurrentServices) -> ReloadBody:
    """Read the providers' variables anew, in every worker: keys are exchanged without a restart.

    Answers under way are finished with the former key.
    """
    changed = await services.reloads.request()
    return ReloadBody(changed=list(changed), ready=[provider.name for provider in services.registry.ready()])


@router.get("/providers.csv", responses={**CSV_ANSWER, **errors(401, 403, 503)}, response_class=StreamingResponse)
async def providers_csv(services: CurrentServices) -> StreamingResponse:
    """The same as a file, without the history."""
    rows = [
        (*(getattr(row, name) for name in _PLAIN), exact_dollars(row.spent_hour), exact_dollars(row.spent_today))
        for row in await services.provider_table.rows()
    ]
    return csv_file("masterx-providers", (*_PLAIN, "spent_hour_usd", "spent_today_usd"), whole(rows))


_PLAIN = (
    "name",
    "model_name",
    "configured",
    "enabled",
    "status",
    "success_rate",
    "requests_last_hour",
    "errors_last_hour",
    "avg_ms",
    "p95_ms",
    "last_success",
    "last_failure",
    "breaker",
    "breaker_reason",
    "key_age_days",
    "key_problem",
)


async def _row(services: Services, provider: str) -> ProviderRowBody:
    found = next((row for row in await services.provider_table.rows() if row.name == provider), None)
    if found is None:
        raise NotFound
    return ProviderRowBody.of(found)
