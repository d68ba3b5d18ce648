"""The question below an answer, in the terminal: shown, hinted at, answered, judged."""

from __future__ import annotations

import asyncio

from masterx.cli.output import err
from masterx.practice.grading.verdicts import AnswerKind
from masterx.records.messages import Message
from masterx.tutor.practice_views import Answered, Question
from masterx.wiring import Services

HELP = "[dim]Enter leaves it, h gives a hint, s shows the solution.[/dim]"


async def offer(services: Services, answer: Message, *, asks: bool) -> None:
    """`asks`: somebody is there to answer; else the question is only shown."""
    found = (await services.lesson_questions.of(answer.user_id, [answer])).get(answer.id)
    if found is None:
        return
    question = found.question
    show(question)
    if not asks:
        return
    err.print(HELP)
    while text := await _read():
        if text == "h":
            hint = await services.practice.hint(answer.user_id, question.id)
            err.print("All hints were taken." if hint is None else f"{hint.step}. {hint.text}", markup=False)
        elif text == "s":
            err.print(await services.practice.solution(answer.user_id, question.id), markup=False)
            return
        else:
            answered = await services.practice.answer(answer.user_id, question.id, chosen(question, text))
            tell(answered)
            if answered.judged:
                return


def show(question: Question) -> None:
    err.print(f"\n[bold]Try it[/bold] [dim]{question.skill_name}[/dim]")
    err.print(question.text, markup=False)
    if question.program:
        err.print(question.program, markup=False)
    for number, choice in enumerate(question.choices, start=1):
        err.print(f"  {number}. {choice}", markup=False)


def chosen(question: Question, text: str) -> str:
    """Of a choice, the option whose number was given."""
    if question.kind == AnswerKind.CHOICE and text.isdecimal() and 1 <= int(text) <= len(question.choices):
        return question.choices[int(text) - 1]
    return text


def tell(answered: Answered) -> None:
    if not answered.judged:
        err.print(f"{answered.feedback} This did not count as a try.", markup=False)
        return
    if answered.right:
        err.print("[green]Right.[/green]")
    else:
        err.print(f"Not yet. {answered.feedback.removeprefix('That is not it.').strip()}".strip(), markup=False)
        err.print(f"The answer is {answered.reference}.", markup=False)
        err.print(answered.solution or "", markup=False)
    for name in answered.mastered:
        err.print(f"Mastered now: {name}.", markup=False)


async def _read() -> str:
    try:
        return (await asyncio.to_thread(input, "? ")).strip()
    except EOFError:
        return ""
