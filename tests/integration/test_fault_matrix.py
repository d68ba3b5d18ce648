"""Every fault at every dialect, streamed or not, through the real Tutor: the learner is always told the truth in time.

Each cell is run twice: with a second, healthy provider behind the faulty one, and alone. Before the first word the
next provider answers, or the learner gets a typed error; after it the partial answer is kept, marked and billed. There
is never an empty success. The findings are the table in docs/figures.md: `make fault-matrix` writes it, every other run
compares it.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from llmock.pytest_plugin import LLMock
from tests.fakes.dialects import OPENAI, Dialect
from tests.fakes.faults import DIALECTS, FAULTS, TEXT, WORDS, Fault, playing
from tests.fakes.records import make_user
from tests.fakes.wire import head, raw, serving

from masterx.clock import SystemClock
from masterx.errors import NoProviderAvailable
from masterx.providers.base import Provider
from masterx.records.costs import CallOutcome, Pricing
from masterx.records.messages import Completeness
from masterx.settings import StoreSettings, TurnSettings
from masterx.store.opening import open_store
from masterx.store.ports import Store
from masterx.tutor.events import Done, Failed, Started, Token
from masterx.tutor.opening import TurnRequest
from masterx.tutor.turn import Tutor

PAGE = Path(__file__).parents[2] / "docs" / "figures.md"
BEGIN, END = "<!-- fault matrix: written by make fault-matrix -->", "<!-- end of the fault matrix -->"
WRITE = bool(os.environ.get("MASTERX_WRITE_FAULT_MATRIX"))

KINDS = ("stream", "complete")
LONGEST_SECONDS = 10.0
PATIENT = TurnSettings(_env_file=None, first_token_seconds=LONGEST_SECONDS, total_seconds=LONGEST_SECONDS)
"""For faults that are told of: a healthy provider has to answer in time on a loaded machine too."""
BRISK = TurnSettings(_env_file=None, first_token_seconds=2, stall_seconds=2, total_seconds=5)
"""For faults that a deadline alone ends."""
BRISK_ONCE_SPOKEN = TurnSettings(_env_file=None, first_token_seconds=4, stall_seconds=1, total_seconds=6)
SLACK = 20.0
HEALTHY_TEXT = "All is well."


@dataclass(frozen=True)
class Ready:
    providers: tuple[Provider, ...]

    def ready(self) -> tuple[Provider, ...]:
        return self.providers


@dataclass(frozen=True)
class Run:
    tutor: Tutor
    learner_id: str
    kind: str
    helped: bool
    """Whether a healthy provider stands behind the faulty one."""


@pytest.fixture(scope="module")
def findings() -> Iterator[dict[str, str]]:
    """The rows of the table by fault; written when the module is through, if that is what was asked for."""
    rows: dict[str, str] = {}
    yield rows
    if WRITE:
        assert len(rows) == len(FAULTS), "only a whole run may write the table"
        before, _, rest = PAGE.read_text().partition(BEGIN)
        _, _, after = rest.partition(END)
        PAGE.write_text(f"{before}{BEGIN}\n{table(rows)}\n{END}{after}")
    elif len(rows) == len(FAULTS):
        assert table(rows) in PAGE.read_text(), "docs/figures.md says something else: make fault-matrix"


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await open_store(StoreSettings(_env_file=None, data_dir=tmp_path), SystemClock())
    yield opened
    await opened.close()


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
async def test_the_learner_is_told_the_truth(
    fault: Fault, llmock: LLMock, store: Store, findings: dict[str, str]
) -> None:
    llmock.reply(TEXT, times=None)
    await asyncio.sleep(0)
    tasks, sockets = asyncio.all_tasks(), open_sockets()
    if fault.script is not None:
        for dialect in DIALECTS:
            fault.script(llmock, dialect)
    async with AsyncExitStack() as stack:
        # All servers and clients first: building one takes time that belongs to no call.
        runs = [
            await prepared(fault, dialect, kind, llmock, store, stack, helped=helped)
            for dialect in DIALECTS
            for kind in KINDS
            for helped in (True, False)
        ]
        seen = await asyncio.gather(*(outcome(run, fault, store) for run in runs))
    llmock.reset()

    async with asyncio.timeout(SLACK):
        # The loop closes generators in its own time, and llmock's thread its ends of the connections.
        while asyncio.all_tasks() - tasks or open_sockets() > sockets:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    findings[fault.name] = row(fault, seen)
    if not WRITE:
        assert findings[fault.name] in PAGE.read_text(), "docs/figures.md says something else: make fault-matrix"


async def prepared(
    fault: Fault, dialect: Dialect, kind: str, llmock: LLMock, store: Store, stack: AsyncExitStack, *, helped: bool
) -> Run:
    learner = make_user()
    await store.add_user(learner)
    faulty = dialect.provider(await stack.enter_async_context(playing(fault, dialect, kind, llmock)), name="faulty")
    healthy_server = await stack.enter_async_context(serving(OPENAI.reply(kind, HEALTHY_TEXT)))
    healthy = OPENAI.provider(healthy_server.root, name="healthy")
    for provider in (faulty, healthy):
        stack.push_async_callback(provider.aclose)
        await provider.warm_up()
    tutor = Tutor(deadlines_for(fault), Ready((faulty, healthy) if helped else (faulty,)), store, SystemClock())
    stack.push_async_callback(tutor.aclose)
    return Run(tutor, learner.id, kind, helped)


def deadlines_for(fault: Fault) -> TurnSettings:
    if not fault.silent:
        return PATIENT
    return BRISK_ONCE_SPOKEN if fault.words else BRISK


async def outcome(run: Run, fault: Fault, store: Store) -> str:
    """What the learner gets, as the table says it."""
    async with asyncio.timeout(LONGEST_SECONDS):
        end = await ask(run.tutor, TurnRequest(user_id=run.learner_id, message="Why is the sky blue?"), run.kind)
    spoke = run.kind == "stream" and fault.words > 0
    if isinstance(end, Done):
        assert (run.helped, spoke) == (True, False), "nobody steps in after the first word"
        assert (end.answer.content, end.answer.completeness) == (HEALTHY_TEXT, Completeness.COMPLETE)
        assert end.answer.routing is not None
        assert [attempt.provider for attempt in end.answer.routing.failed] == ["faulty"]
        return "next"
    if end.kept is not None:
        assert spoke
        await check_kept(end.kept, fault, store)
        return f"kept, `{end.error.code}`"
    assert not run.helped
    assert not spoke
    assert isinstance(end.error, NoProviderAvailable)
    assert not (await store.sessions(run.learner_id, limit=5)).sessions, "nothing of a turn without an answer is kept"
    return f"alone `{end.error.details['tried'][0]['code']}`"


async def ask(tutor: Tutor, request: TurnRequest, kind: str) -> Done | Failed:
    if kind == "complete":
        try:
            return await tutor.answer(request)
        except NoProviderAvailable as error:
            return Failed(error)
    events = [event async for event in await tutor.stream(request)]
    *pieces, end = events
    assert isinstance(end, Done | Failed)
    told = "".join(event.text for event in pieces if isinstance(event, Token))
    whole = end if isinstance(end, Done) else end.kept
    assert told == ("" if whole is None else whole.answer.content)
    assert isinstance(pieces[0], Started) if told else not pieces
    return end


async def check_kept(kept: Done, fault: Fault, store: Store) -> None:
    """All that came before the fault is on disk, marked, and paid for."""
    recorded = await store.message(kept.answer.id, kept.answer.user_id)
    assert recorded == kept.answer
    assert recorded.completeness is Completeness.BROKE_OFF
    assert recorded.content.strip() == "".join(WORDS[: fault.words]).strip()
    now = SystemClock().now()
    (call,) = [
        call
        for call in await store.cost_events(now - timedelta(days=1), now + timedelta(days=1))
        if call.message_id == recorded.id
    ]
    assert (call.outcome, call.pricing) == (CallOutcome.FAILED, Pricing.PRICED)
    assert call.cost == recorded.cost == kept.session.total_cost > 0
    assert call.usage_estimated


def open_sockets() -> int:
    """Of this process, llmock's thread included."""
    kinds = []
    for descriptor in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            kinds.append(str(descriptor.readlink()).partition(":")[0])
    return kinds.count("socket")


def row(fault: Fault, seen: Sequence[str]) -> str:
    """Of each two, the one with a healthy provider behind comes first."""
    cells = [one if one == other else f"{one}; {other}" for one, other in zip(seen[::2], seen[1::2], strict=True)]
    return f"| {fault.name} | " + " | ".join(cells) + " |"


def table(rows: dict[str, str]) -> str:
    columns = [f"{dialect.name}, {'stream' if kind == 'stream' else 'whole'}" for dialect in DIALECTS for kind in KINDS]
    cells = len(FAULTS) * len(columns)
    return "\n".join(
        [
            f"{len(FAULTS)} faults × {len(DIALECTS)} dialects × {len(KINDS)} kinds of answer = {cells} cells, each "
            f"with a healthy provider behind and without: {2 * cells} turns, 0 empty successes, 0 untyped errors, "
            f"0 over {LONGEST_SECONDS:.0f} s, 0 tasks and 0 sockets left.",
            "",
            "| fault | " + " | ".join(columns) + " |",
            "|---" * (len(columns) + 1) + "|",
            *(rows[fault.name] for fault in FAULTS),
        ]
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
async def test_a_part_that_was_kept_goes_on(dialect: Dialect, kind: str, store: Store) -> None:
    learner = make_user()
    await store.add_user(learner)
    cut = raw(head(), dialect.opening, dialect.word("One two "), dialect.word("three"))
    async with serving(cut, dialect.reply(kind, "three", " four.")) as server:
        provider = dialect.provider(server.root)
        tutor = Tutor(PATIENT, Ready((provider,)), store, SystemClock())
        broken = await ask(tutor, TurnRequest(user_id=learner.id, message="Count."), "stream")
        assert isinstance(broken, Failed)
        assert broken.kept is not None
        request = TurnRequest(user_id=learner.id, continues=broken.kept.answer.id)
        if kind == "complete":
            done = await tutor.answer(request)
        else:
            *_, end = [event async for event in await tutor.stream(request)]
            assert isinstance(end, Done)
            done = end
        await provider.aclose()

    assert (done.answer.content, done.answer.completeness) == ("One two three four.", Completeness.COMPLETE)
    asked = json.dumps(server.received[-1].body)
    assert asked.index("Count.") < asked.index("One two three") < asked.index("Your answer was cut off")
    assert len(await store.messages(done.session.id, learner.id, limit=10)) == 2
