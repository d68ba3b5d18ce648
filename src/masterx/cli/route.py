"""`masterx route`: who would answer a message, and why. Nobody is asked."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import typer
from rich.table import Table

from masterx.cli.output import AsJson, dollars, out, print_json, settings_for_command
from masterx.emotion.states import mood_of
from masterx.errors import EncoderUnavailable, InvalidInput
from masterx.records.money import to_dollars
from masterx.records.users import SubscriptionTier
from masterx.routing.selecting import Asked, Selection
from masterx.settings import Settings
from masterx.wiring import open_services


def route(
    text: Annotated[str, typer.Argument(help="A message, as a learner would write it.")],
    tier: Annotated[SubscriptionTier, typer.Option(help="Whose dial between quality and price.")] = (
        SubscriptionTier.FREE
    ),
    assigned: Annotated[str | None, typer.Option(help="Who has answered in the lesson so far.")] = None,
    seed: Annotated[str, typer.Option(help="Decides whether somebody is tried; the same one decides the same.")] = "",
    as_json: AsJson = False,
) -> None:
    """Show who would be asked to answer a message, with scores, prices and reasons. No model is called.

    By the scores, rules and breakers in the data directory. Budgets near their caps are not looked at.
    """
    if not text.strip():
        raise InvalidInput("Write a message.")
    asked, selection = asyncio.run(_select(settings_for_command(), text, tier, assigned, seed))
    if as_json:
        print_json(_facts(asked, selection))
    else:
        _print(asked, selection)


async def _select(
    settings: Settings, text: str, tier: SubscriptionTier, assigned: str | None, seed: str
) -> tuple[Asked, Selection]:
    async with open_services(settings) as services:
        asked = Asked(text=text, seed=seed or text, tier=tier, assigned=assigned)
        try:
            reading = await services.encoder.read(text)
        except EncoderUnavailable:
            return asked, await services.selector.select(asked)
        mood = mood_of(reading, text)
        asked = Asked(
            text=text,
            seed=seed or text,
            tier=tier,
            category=reading.category,
            embedding=reading.embedding if reading.pieces else None,
            mood=mood.state,
            certainty=mood.certainty,
            assigned=assigned,
            former_category=reading.category if assigned else None,
        )
        return asked, await services.selector.select(asked)


def _facts(asked: Asked, selection: Selection) -> dict[str, Any]:
    grounds = selection.grounds
    return {
        "category": asked.category,
        "mood": asked.mood,
        "mood_certainty": round(asked.certainty, 3),
        "mood_counts": grounds.mood is not None,
        "difficulty": grounds.difficulty,
        "tier": asked.tier,
        "dial": grounds.dial,
        "explored": grounds.explored,
        "candidates": [
            {
                "provider": each.provider,
                "model": each.model,
                "score": each.score,
                "error": each.error,
                "price": None if each.price is None else to_dollars(each.price),
                "reason": each.reason,
            }
            for each in (candidate.weighed() for candidate in selection.candidates)
        ],
    }


def _print(asked: Asked, selection: Selection) -> None:
    grounds = selection.grounds
    read = "not read" if asked.category is None else f"{asked.category}; sounds {asked.mood} ({asked.certainty:.0%})"
    parts = [read]
    if grounds.mood is not None:
        parts.append("so empathy weighs in")
    if grounds.difficulty is not None:
        parts.append(f"harder than {grounds.difficulty:.0%} of questions")
    if grounds.dial is not None:
        parts.append(f"dial {grounds.dial:g} ({asked.tier})")
    out.print(", ".join(parts), markup=False)
    if not selection.candidates:
        out.print("No provider is ready; `masterx doctor` says why.")
        return
    table = Table("", "provider", "score", "price", "why")
    for place, each in enumerate((candidate.weighed() for candidate in selection.candidates), start=1):
        score = "" if each.score is None else f"{each.score:.1f} ± {each.error:.1f}"
        price = "unknown" if each.price is None else "free" if not each.price else dollars(each.price)
        table.add_row(str(place), f"{each.provider}\n{each.model}", score, price, each.reason)
    out.print(table)
