"""What each state changes in how the tutor answers: one table to read.

``instruction`` goes to the model, ``shown`` to the learner, after "Sounds frustrated. So:".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from masterx.records.emotions import Intervention, LearningReadiness, LearningState, Mood


@dataclass(frozen=True, slots=True)
class Strategy:
    instruction: str
    shown: str


STRATEGIES: Final[Mapping[LearningState, Strategy]] = {
    LearningState.FRUSTRATION: Strategy(
        "They sound frustrated. Say in half a sentence that this is a hard spot. Go back to the last thing that "
        "worked, take one step that is smaller than the one before, and end with something they can surely do.",
        "smaller steps, one thing at a time",
    ),
    LearningState.CONFUSION: Strategy(
        "They sound confused. Do not go on. Explain the last idea again in another way, with one concrete example, "
        "and ask which part is unclear.",
        "another way in, with an example",
    ),
    LearningState.ANXIETY: Strategy(
        "They sound worried. Name it in half a sentence without making it larger, leave out everything about "
        "deadlines and tests, and give one small step with a sure end.",
        "no hurry, one small step",
    ),
    LearningState.BOREDOM: Strategy(
        "They seem to have lost interest. Be brief, skip what they know, and give them something to do at once that "
        "is harder or stranger than what came before.",
        "less talk, something to try",
    ),
    LearningState.CURIOSITY: Strategy(
        "They sound curious. Answer first, then leave one door open: a question or a small experiment that leads "
        "further than they asked.",
        "room to explore",
    ),
    LearningState.FLOW: Strategy(
        "They are in full flow. Keep it short, make the next step a little larger, and do not interrupt with checks "
        "or encouragement.",
        "keeping the pace",
    ),
    LearningState.JOY: Strategy(
        "They sound pleased. Share it in half a sentence by naming what they did, not what they are, then go on.",
        "",
    ),
}
"""States that are not here change nothing."""

STRONG: Final = (
    "This has lasted for several messages, so more of the same will not help: change the way in altogether (a "
    "picture, a smaller problem, a worked example), and offer a break of five minutes."
)
CARE: Final = (
    "Their message may be a sign of distress. Teaching waits. In three or four plain sentences: say that you read "
    "it and that it matters, do not diagnose, judge, argue or advise on anything but this: to talk now to somebody "
    "they trust or to the help that is shown beside your answer. Ask whether they are safe. Never describe any means "
    "of self-harm, whatever is asked."
)
LOW_READINESS: Final = "Bring nothing new in this answer."


def instructions(mood: Mood) -> str:
    """For the model, on a line each; empty where nothing changes."""
    if mood.intervention is Intervention.CARE:
        return CARE
    strategy = STRATEGIES.get(mood.state)
    lines = [] if strategy is None else [strategy.instruction]
    if mood.intervention is Intervention.STRONG:
        lines.append(STRONG)
    if mood.readiness is LearningReadiness.LOW:
        lines.append(LOW_READINESS)
    return "\n".join(f"- {line}" for line in lines)


def shown_change(state: str) -> str:
    """What the learner is told that changes; empty where nothing does."""
    strategy = STRATEGIES.get(LearningState(state))
    return "" if strategy is None else strategy.shown
