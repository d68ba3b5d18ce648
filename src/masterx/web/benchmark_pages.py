"""For administrators: which model is best at what, how that changed, and runs to find out."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Path, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from masterx.accounts.tokens import Identity
from masterx.api.benchmarks import LOOKED_BACK, required_run, running_now
from masterx.api.identity import CurrentIdentity
from masterx.api.schemas import Uuid
from masterx.api.services import CurrentServices
from masterx.errors import Conflict, InvalidInput
from masterx.records.benchmarks import BenchmarkRun
from masterx.routing.benchmarks.running import RunGoesOn
from masterx.web.admin_frame import admin_page
from masterx.web.benchmark_views import (
    HISTORY,
    SORTED_BY,
    TICKS,
    RunForm,
    RunView,
    answer_views,
    history_of,
    in_words,
    run_view,
    standings,
    timetable,
)
from masterx.web.plots import provider_order
from masterx.web.rendering import zone_of
from masterx.web.tables import Sorting
from masterx.wiring import Services

RUNS_SHOWN = 8
RESULTS_SHOWN = 400
ANSWERS_SHOWN = 200
PROBLEMS = {
    "busy": RunGoesOn.default_message,
    "changed": "That run cannot go on: it is over, or its tests or models have changed since. Begin a new one.",
}
"""In words of ours, since whoever writes an address could put any text there."""

router = APIRouter(include_in_schema=False)

Names = Annotated[list[str] | None, Form(max_length=100)]
RunId = Annotated[Uuid, Path()]
Short = Annotated[str, Query(max_length=100)]
ShortField = Annotated[str, Form(max_length=100)]


@router.get("/admin/benchmarks")
async def benchmarks(
    request: Request,
    identity: CurrentIdentity,
    services: CurrentServices,
    category: Short = "",
    sort: Short = "",
    problem: Short = "",
) -> HTMLResponse:
    """`problem`: why a button did nothing."""
    errors = {"begin": PROBLEMS[problem]} if problem in PROBLEMS else None
    return await _page(request, identity, services, category=category, sort=sort, errors=errors)


@router.post("/admin/benchmarks")
async def start(
    request: Request,
    identity: CurrentIdentity,
    services: CurrentServices,
    categories: Names = None,
    providers: Names = None,
    cap: Annotated[str, Form(max_length=20)] = "",
    category: ShortField = "",
) -> Response:
    """`category`: which one was looked at, and is looked at again."""
    form = RunForm(tuple(categories or ()), tuple(providers or ()), cap)
    problem = _missing(form)
    if problem is None:
        try:
            await services.benchmarks.start(form.categories, form.providers, cost_cap=form.cost_cap())
        except InvalidInput as error:
            problem = ("cap", error.message)
        except Conflict as error:
            problem = ("begin", error.message)
    if problem is not None:
        errors = dict([problem])
        return await _page(request, identity, services, category=category, form=form, errors=errors, status=422)
    return RedirectResponse(f"/admin/benchmarks?{urlencode({'category': category})}", status_code=303)


@router.post("/admin/benchmarks/schedule")
async def schedule(
    identity: CurrentIdentity,
    services: CurrentServices,
    paused: Annotated[Literal["yes", "no"], Form()],
    category: ShortField = "",
) -> Response:
    """Whether runs begin by themselves."""
    if paused == "yes":
        await services.benchmark_schedule.pause(by=identity.user_id)
    else:
        await services.benchmark_schedule.unpause(by=identity.user_id)
    return RedirectResponse(f"/admin/benchmarks?{urlencode({'category': category})}#by-itself", status_code=303)


@router.post("/admin/benchmarks/runs/{run_id}/{action}")
async def act(run_id: RunId, action: Literal["stop", "resume"], services: CurrentServices) -> Response:
    """Raises `NotFound` for a run that is none."""
    try:
        if action == "stop":
            await services.benchmarks.stop(run_id)
        else:
            await services.benchmarks.start_resume(run_id)
    except RunGoesOn:
        return RedirectResponse("/admin/benchmarks?problem=busy", status_code=303)
    except (Conflict, InvalidInput):
        return RedirectResponse("/admin/benchmarks?problem=changed", status_code=303)
    return RedirectResponse("/admin/benchmarks", status_code=303)


@router.get("/admin/benchmarks/runs/{run_id}")
async def run(
    request: Request,
    run_id: RunId,
    identity: CurrentIdentity,
    services: CurrentServices,
    category: Short = "",
    provider: Short = "",
    only: Short = "",
) -> HTMLResponse:
    """Raises `NotFound`."""
    found = await required_run(services, run_id)
    answers = [
        answer
        for answer in await services.store.benchmark_answers(run_id)
        if category in {"", answer.category}
        and provider in {"", answer.provider}
        and not (only == "missed" and answer.passed)
    ]
    prompts = {test.id: test.prompt for suite in services.benchmarks.suites().values() for test in suite.tests}
    results = await services.store.benchmark_results(run_id=run_id, limit=RESULTS_SHOWN)
    return await admin_page(
        request,
        identity,
        services,
        "benchmark_run.html",
        current="benchmarks",
        view=_view(services, found),
        results=sorted(results, key=lambda result: (result.category, -result.final_score)),
        answers=answer_views(answers, prompts)[:ANSWERS_SHOWN],
        count=len(answers),
        most=ANSWERS_SHOWN,
        category=category,
        provider=provider,
        only=only,
    )


def _missing(form: RunForm) -> tuple[str, str] | None:
    if not form.categories:
        return "categories", "Choose at least one."
    if not form.providers:
        return "providers", "Choose at least one."
    return None


def _view(services: Services, run: BenchmarkRun) -> RunView:
    progress = services.benchmarks.progress(run.id)
    asking = [] if progress is None else [f"{one.provider} {one.test_id}" for one in progress.asking]
    return run_view(run, services.clock.now(), asking)


async def _page(
    request: Request,
    identity: Identity,
    services: Services,
    *,
    category: str = "",
    sort: str = "",
    form: RunForm | None = None,
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> HTMLResponse:
    now, zone = services.clock.now(), zone_of(request)
    store, suites = services.store, services.benchmarks.suites()
    latest = await store.latest_benchmark_results(now - LOOKED_BACK)
    shown = category if category in suites else next((name for name in suites if suites[name].tests), "")
    results = await store.benchmark_results(category=shown, since=now - HISTORY, limit=RESULTS_SHOWN)
    ready = services.benchmarks.providers()
    order = provider_order(
        [name for name, entry in services.registry.providers.items() if not entry.info.demo],
        [result.provider for result in (*latest, *results)],
    )
    sorting = Sorting.of(sort, SORTED_BY, "-score")
    lines = standings(latest, shown, order, {one.name: one.model_name for one in ready})
    live = await running_now(services)
    runs = await store.benchmark_runs(limit=RUNS_SHOWN)
    cap = services.settings.benchmarks.benchmark_cost_cap
    return await admin_page(
        request,
        identity,
        services,
        "benchmarks.html",
        current="benchmarks",
        status=status,
        category=shown,
        suites=suites,
        lines=sorting.sort(lines, SORTED_BY),
        sorting=sorting,
        said=in_words(lines, shown),
        history=history_of(results, order),
        ticks=TICKS,
        live=None if live is None else _view(services, live),
        runs=[_view(services, one) for one in runs],
        ready=ready,
        form=form or RunForm(tuple(suites), tuple(one.name for one in ready), f"{cap}"),
        errors=errors or {},
        timetable=timetable(
            await services.benchmark_schedule.next_run(),
            services.benchmark_schedule.every,
            cap=cap,
            paused_at=await services.benchmark_schedule.paused_at(),
            zone=zone,
            now=now,
        ),
        csv_address="/api/v1/admin/benchmarks.csv?" + urlencode({"category": shown}),
        any_result=bool(latest),
    )
