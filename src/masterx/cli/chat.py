"""`masterx chat`: the same turn as the page's, in the terminal."""

from __future__ import annotations

import asyncio
import hashlib
import json
import signal
import sys
from typing import Annotated

import typer

from masterx.api.rendering import chat_answer
from masterx.api.schemas import MAX_MESSAGE_LENGTH, error_body
from masterx.cli.lesson_question import offer
from masterx.cli.output import AsJson, err, settings_for_command
from masterx.errors import NotFound
from masterx.records.messages import Completeness
from masterx.records.text import clean_text
from masterx.records.users import User
from masterx.settings import Settings
from masterx.tutor.events import Done, Failed, Started, Token
from masterx.tutor.opening import TurnRequest
from masterx.tutor.running import RunningTurn
from masterx.wiring import Services, open_services


def chat(
    message: Annotated[
        str | None, typer.Argument(help="What to ask; left out: a conversation, line by line. - reads standard input.")
    ] = None,
    session: Annotated[str | None, typer.Option(help="Go on with this session.")] = None,
    user: Annotated[
        str | None, typer.Option(help="E-mail of the account to speak as; left out: this server's administrator.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Ask the tutor from the terminal. Ctrl-C stops an answer; what was written is kept.

    The answer goes to standard output, everything about it to standard error.
    """
    settings = settings_for_command()
    if message == "-":
        message = sys.stdin.read()
    if as_json and message is None:
        raise typer.BadParameter("--json needs a message.")
    sys.exit(asyncio.run(_chat(settings, message, session, user, as_json)))


async def _chat(settings: Settings, message: str | None, session: str | None, email: str | None, as_json: bool) -> int:
    async with open_services(settings) as services:
        account = await _account(services, email)
        if message is not None:
            status, _ = await _ask(services, account, message, session, as_json)
            return status
        err.print("[dim]Ask something. An empty line or Ctrl-D ends it, Ctrl-C stops an answer.[/dim]")
        while line := await _read_line():
            _, session = await _ask(services, account, line, session, as_json=False, asks=True)
        if session:
            err.print(f"[dim]Go on with: masterx chat --session {session}[/dim]")
        return 0


async def _account(services: Services, email: str | None) -> User:
    if email is None:
        return await services.accounts.ensure_admin()
    account = await services.store.user_by_email(email)
    if account is None:
        raise NotFound("No account has that e-mail.")
    return account


async def _read_line() -> str:
    try:
        return (await asyncio.to_thread(input, "\n> ")).strip()
    except EOFError:
        return ""


async def _ask(
    services: Services, account: User, message: str, session: str | None, as_json: bool, *, asks: bool = False
) -> tuple[int, str | None]:
    """Exit status, and the session to go on with. `asks`: whoever wrote the message writes on."""
    request = TurnRequest(
        user_id=account.id,
        tier=account.subscription_tier,
        message=clean_text(message, field="message", max_length=MAX_MESSAGE_LENGTH),
        preferences=account.learning_preferences,
        session_id=session,
        fingerprint=hashlib.sha256(message.encode()).hexdigest(),
    )
    turn = await services.tutor.stream(request)
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, turn.stop)
    try:
        end = await _show(turn, as_json)
    finally:
        loop.remove_signal_handler(signal.SIGINT)
    done = end if isinstance(end, Done) else end.kept
    if done is not None and not as_json:
        await offer(services, done.answer, asks=sys.stdin.isatty() or asks)
    return (0 if isinstance(end, Done) else 1), (done.session.id if done else session)


async def _show(turn: RunningTurn, as_json: bool) -> Done | Failed:
    async for event in turn:
        match event:
            case Started(routing=routing) if not as_json:
                demo = ", a small demo model that is often wrong" if routing.demo else ""
                err.print(f"[dim]{routing.provider} {routing.model}{demo}[/dim]")
            case Token(text) if not as_json:
                sys.stdout.write(text)
                sys.stdout.flush()
            case Done() | Failed():
                _close(event, as_json)
                return event
    raise AssertionError("a turn ends with Done or Failed")


def _close(end: Done | Failed, as_json: bool) -> None:
    if as_json:
        if isinstance(end, Done):
            typer.echo(chat_answer(end).model_dump_json(indent=2))
        else:
            typer.echo(json.dumps(error_body(end.error, ""), indent=2))
        return
    done = end if isinstance(end, Done) else end.kept
    if done is not None:
        sys.stdout.write("\n")
        answer = done.answer
        cost = "unpriced" if answer.cost is None else f"${answer.cost / 1e9:.6f}"
        stopped = " · stopped, what was written is kept" if answer.completeness is Completeness.STOPPED else ""
        err.print(f"[dim]{answer.tokens_used} tokens · {cost} · {answer.response_time_ms} ms{stopped}[/dim]")
        for each in () if answer.calculated is None else answer.calculated.contradictions:
            err.print(f"MasterX computed {each.correct}; this answer says {each.claim}.", style="yellow", markup=False)
    if isinstance(end, Failed):
        err.print(f"[red]{end.error.message}[/red]")
        for attempt in end.error.details.get("tried", ()):
            err.print(f"  {attempt['provider']}: {attempt['reason']}", markup=False)
