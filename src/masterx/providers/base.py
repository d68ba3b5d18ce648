"""What every provider can do, whatever its dialect."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, Protocol

from masterx.records.usage import Usage


@dataclass(frozen=True, slots=True)
class PromptMessage:
    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How words are drawn and where they end. None and nothing: as the vendor does by itself."""

    temperature: float | None = None
    """0 to 2, as OpenAI counts it."""
    top_p: float | None = None
    stop: tuple[str, ...] = ()


AS_THE_VENDOR_DOES = Sampling()


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationRequest:
    messages: tuple[PromptMessage, ...]
    """System first, then the conversation, the learner's new message last."""
    max_output_tokens: int
    sampling: Sampling = AS_THE_VENDOR_DOES


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadlines:
    """Seconds. Past one of them the call ends with `ProviderTimeout`, its ``details["phase"]`` says which."""

    first_token: float
    """From the start of the call, connecting included."""
    stall: float
    """Between two pieces of a stream."""
    total: float


class FinishReason(StrEnum):
    STOP = "stop"
    LENGTH = "length"
    REFUSED = "refused"
    """A content filter, or a refusal: there may be text."""


@dataclass(frozen=True, slots=True)
class TextDelta:
    """A piece of the answer; never empty."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """The end of a good answer; always the last event, exactly once."""

    reason: FinishReason
    model: str
    """The model that the provider says answered, which may be more exact than the one asked for."""
    usage: Usage | None
    """None when the provider did not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """A whole answer; its text is never empty."""

    text: str
    finished: Finished


StreamEvent = TextDelta | Finished


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderInfo:
    """What the operator configured, without the key."""

    name: str
    model_name: str
    label: str
    """For people: the vendor's own spelling."""
    dialect: str
    price_id: str | None
    """The vendor's id in `genai-prices`; None where it has none."""
    free: bool = False
    """Costs nothing by the catalogue: it runs on the operator's machine."""
    demo: bool = False
    """Good enough to show how things work, not to learn from."""
    context_tokens: int = 8192
    """How much the model can read and write together; a safe lower bound where nobody says."""
    at_once: int | None = None
    """How many answers it makes at once, while others wait their turn; None: as many as it is asked for."""


class Provider(Protocol):
    """One configured model. Every failure is a `ProviderError`; no SDK or transport error passes.

    A stream that ends without a finish reason is a failure (`ProviderBrokeOff`), as is an answer without text
    (`ProviderProtocolError`). Closing the iterator closes the upstream call.
    """

    @property
    def info(self) -> ProviderInfo: ...

    @property
    def name(self) -> str: ...

    @property
    def model_name(self) -> str: ...

    def stream(self, request: GenerationRequest, deadlines: Deadlines) -> AsyncGenerator[StreamEvent, None]: ...

    async def complete(self, request: GenerationRequest, deadlines: Deadlines) -> Completion: ...

    async def aclose(self) -> None:
        """Close connections. Safe to call twice."""
        ...
