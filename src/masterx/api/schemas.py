"""What the API says: shapes with examples, built from records."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, StrictStr, model_validator

from masterx.errors import MasterXError
from masterx.records.checks import AnswerCheck
from masterx.records.messages import Completeness, EmotionState, Message, MessageRole
from masterx.records.money import to_dollars
from masterx.records.sessions import Session, SessionStatus
from masterx.tutor.strategy import shown_change

MAX_MESSAGE_LENGTH = 32_000
MAX_TITLE_LENGTH = 200

Uuid = Annotated[
    StrictStr,
    Field(
        pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
        examples=["01a206ed-b958-774c-b02f-91a98b8e6139"],
    ),
]


class RequestModel(BaseModel):
    """A body: unknown fields are refused, so that nobody believes a misspelt one was heard."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ErrorBody(BaseModel):
    error: str = Field(description="A sentence for people.", examples=["There is nothing here."])
    type: str = Field(description="The error's class.", examples=["NotFound"])
    code: str = Field(description="Stable; for programs.", examples=["not_found"])
    details: dict[str, Any] = Field(default_factory=dict)
    request_id: str = Field(description="Also in the server's log.", examples=["01a206ed-b958-774c-b02f-91a98b8e6139"])


class ChatRequest(RequestModel):
    """Either a `message`, or the answer that it `continues`."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [
                {
                    "title": "A question",
                    "required": ["message"],
                    "properties": {"message": {"type": "string"}, "continues": {"type": "null"}},
                },
                {
                    "title": "Go on",
                    "required": ["continues"],
                    "properties": {
                        "continues": {"type": "string"},
                        "message": {"type": "null"},
                        "replaces": {"type": "null"},
                    },
                },
            ]
        }
    )

    message: StrictStr | None = Field(
        default=None, max_length=MAX_MESSAGE_LENGTH, examples=["Why is the derivative of x² equal to 2x?"]
    )
    session_id: Uuid | None = Field(default=None, description="Leave out to start a new session.")
    replaces: Uuid | None = Field(
        default=None,
        description="An earlier message of the learner in this session whose place this one takes: a retry "
        "(same text) or an edit. What followed it is kept as an older version.",
    )
    continues: Uuid | None = Field(
        default=None,
        description="An answer that was stopped, broke off or reached the token limit, to go on with. The whole answer "
        "becomes a new version of that exchange; only what is new is streamed.",
    )

    @model_validator(mode="after")
    def _asks_for_one_thing(self) -> Self:
        if (self.message is None) == (self.continues is None):
            raise ValueError("Give either a message or the answer that continues.")
        if self.continues is not None and self.replaces is not None:
            raise ValueError("An answer that continues replaces its own exchange and no other.")
        return self


class AttemptBody(BaseModel):
    provider: str
    model: str
    code: str
    reason: str


class WeighedBody(BaseModel):
    provider: str
    model: str
    score: float | None = Field(description="How good it is expected to be at this message, 0 to 100.")
    error: float | None = Field(description="Standard error of the score.")
    price: float | None = Field(description="US dollars that this answer was expected to cost.")
    reason: str


class RoutingBody(BaseModel):
    provider: str = Field(examples=["groq"])
    model: str = Field(examples=["llama-3.3-70b-versatile"])
    reason: str = Field(examples=["first of the configured models"])
    candidates: list[str] = Field(examples=[["groq", "local"]])
    failed: list[AttemptBody] = Field(default_factory=list)
    category: str | None = Field(default=None, examples=["math"])
    mood: str | None = Field(default=None, description="The learner's, where it changed what counts.")
    difficulty: float | None = Field(default=None, description="0 (any model suffices) to 1 (only a strong one does).")
    dial: float | None = Field(default=None, description="How much quality went before price, 0 to 1.")
    explored: bool = Field(default=False, description="Drawn, to learn how good it is now.")
    weighed: list[WeighedBody] = Field(default_factory=list)


class EmotionBody(BaseModel):
    primary_emotion: str = Field(examples=["frustration"])
    arousal: float = Field(description="Calm to excited, -1 to 1.")
    valence: float = Field(description="Unpleasant to pleasant, -1 to 1.")
    learning_readiness: str = Field(examples=["moderate_readiness"])
    certainty: float | None = Field(description="0 to 1.")
    intervention: str | None = Field(description="How far the answer departs from plain teaching.", examples=["light"])
    trend: str | None = Field(description="Of the mood over the lesson.", examples=["steady"])
    told: bool = Field(description="Your own word, in the place of what was read.")
    change: str = Field(description="What it changes in the answer; empty where nothing.", examples=["smaller steps"])

    @classmethod
    def of(cls, state: EmotionState | None) -> EmotionBody | None:
        if state is None:
            return None
        return cls.model_construct(
            primary_emotion=state.primary_emotion,
            arousal=state.arousal,
            valence=state.valence,
            learning_readiness=state.learning_readiness,
            certainty=state.certainty,
            intervention=state.intervention,
            trend=state.trend,
            told=state.told,
            change=shown_change(state.primary_emotion),
        )


class SessionBody(BaseModel):
    id: str
    title: str | None
    started_at: datetime
    last_activity_at: datetime
    ended_at: datetime | None
    current_topic: str | None
    assigned_provider: str | None
    total_messages: int
    total_tokens: int
    total_cost: float = Field(description="US dollars, of the calls with a known price.")
    avg_response_time_ms: float | None
    emotion_trajectory: list[str]
    performance_score: float | None
    status: SessionStatus

    @classmethod
    def of(cls, session: Session) -> SessionBody:
        return cls.model_construct(
            id=session.id,
            title=session.title,
            started_at=session.started_at,
            last_activity_at=session.last_activity_at,
            ended_at=session.ended_at,
            current_topic=session.current_topic,
            assigned_provider=session.assigned_provider,
            total_messages=session.total_messages,
            total_tokens=session.total_tokens,
            total_cost=to_dollars(session.total_cost),
            avg_response_time_ms=session.avg_response_time_ms,
            emotion_trajectory=list(session.emotion_trajectory),
            performance_score=session.performance_score,
            status=session.status,
        )


class LessonItemBody(BaseModel):
    question_id: str = Field(
        description="For `/api/v1/practice/questions/{question_id}`, `answer`, `hint`, `solution`."
    )
    subject: str = Field(examples=["mathematics"])
    skill: str = Field(examples=["linear-equations"])
    chance: float | None = Field(description="Of a right answer, 0 to 1, as it looked then.")

    @classmethod
    def of(cls, answer: Message) -> LessonItemBody | None:
        item = answer.item
        if item is None:
            return None
        return cls.model_construct(question_id=answer.id, subject=item.subject, skill=item.skill, chance=item.chance)


class FactBody(BaseModel):
    order: str = Field(description="value, solve, differentiate, integrate, expand, factor or simplify.")
    formula: str = Field(examples=["17 * 23"])
    results: list[str] = Field(examples=[["391"]])


class ContradictionBody(BaseModel):
    claim: str = Field(description="As the answer says it.", examples=["17 × 23 = 381"])
    correct: str = Field(examples=["17 × 23 = 391"])


class CalculatedBody(BaseModel):
    facts: list[FactBody] = Field(description="What your message asked for and was worked out.")
    contradictions: list[ContradictionBody] = Field(description="What the answer says and calculation contradicts.")

    @classmethod
    def of(cls, check: AnswerCheck | None) -> CalculatedBody | None:
        if check is None:
            return None
        return cls(
            facts=[
                FactBody(order=fact.order, formula=fact.formula, results=list(fact.results)) for fact in check.facts
            ],
            contradictions=[ContradictionBody(claim=each.claim, correct=each.correct) for each in check.contradictions],
        )


class MessageBody(BaseModel):
    id: str
    session_id: str
    role: MessageRole
    content: str
    timestamp: datetime
    replaces: str | None
    reply_to: str | None
    provider_used: str | None
    model_used: str | None
    response_time_ms: int | None
    tokens_used: int | None
    cost: float | None = Field(description="US dollars; null where the model has no known price.")
    completeness: Completeness | None
    usage_estimated: bool | None
    emotion_state: EmotionBody | None
    item: LessonItemBody | None = Field(default=None, description="A question to try, below an answer.")
    calculated: CalculatedBody | None = Field(default=None, description="What calculation says of an answer.")
    quality_rating: int | None
    helpful: bool | None
    feedback_text: str | None = None

    @classmethod
    def of(cls, message: Message) -> MessageBody:
        return cls.model_construct(
            id=message.id,
            session_id=message.session_id,
            role=message.role,
            content=message.content,
            timestamp=message.timestamp,
            replaces=message.replaces,
            reply_to=message.reply_to,
            provider_used=message.provider_used,
            model_used=message.model_used,
            response_time_ms=message.response_time_ms,
            tokens_used=message.tokens_used,
            cost=None if message.cost is None else to_dollars(message.cost),
            completeness=message.completeness,
            usage_estimated=message.usage_estimated,
            emotion_state=EmotionBody.of(message.emotion_state),
            item=LessonItemBody.of(message),
            calculated=CalculatedBody.of(message.calculated),
            quality_rating=message.quality_rating,
            helpful=message.helpful,
            feedback_text=message.feedback_text,
        )


class ChatAnswer(BaseModel):
    session_id: str
    message_id: str = Field(description="The answer.")
    question_id: str = Field(description="The learner's message.")
    content: str = Field(description="Markdown with LaTeX between \\( \\) or \\[ \\]; not safe HTML.")
    provider: str | None
    model: str | None
    demo: bool = Field(description="Written by the built-in demo model.")
    completeness: Completeness
    tokens_used: int | None
    usage_estimated: bool | None = Field(description="True where the provider did not say and the server counted.")
    cost: float | None = Field(description="US dollars; null where the model has no known price.")
    response_time_ms: int | None
    routing: RoutingBody
    emotion_state: EmotionBody | None = Field(description="How your message sounded; null where it was not read.")
    item: LessonItemBody | None = Field(default=None, description="A question to try, below the answer.")
    calculated: CalculatedBody | None = Field(
        default=None, description="What calculation says of the answer; null where it says nothing."
    )
    session: SessionBody


class SessionList(BaseModel):
    sessions: list[SessionBody]
    next_cursor: str | None


class SessionDetail(BaseModel):
    session: SessionBody
    messages: list[MessageBody] = Field(description="The current branch, oldest first.")
    has_earlier: bool


class MessageVersions(BaseModel):
    messages: list[MessageBody] = Field(description="What was put aside, oldest first.")


class RenameRequest(RequestModel):
    title: StrictStr = Field(max_length=MAX_TITLE_LENGTH, examples=["Recursion: where it stops"])


_STATUS_SENTENCES = {
    401: "Not signed in, or the token is expired or altered.",
    402: "The budget is used up for now.",
    403: "Signed in, but not allowed.",
    404: "Absent, or somebody else's.",
    409: "It does not fit what is there already.",
    413: "The body is too large.",
    422: "Something in the request cannot be used.",
    429: "Too fast; Retry-After says when to try again.",
    503: "Not possible just now; try again.",
}


def errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The error answers of a route, for its OpenAPI entry."""
    return {status: {"model": ErrorBody, "description": _STATUS_SENTENCES[status]} for status in statuses}


def error_body(error: MasterXError, request_id: str) -> dict[str, Any]:
    return {
        "error": error.message,
        "type": type(error).__name__,
        "code": error.code,
        "details": error.details,
        "request_id": request_id,
    }
