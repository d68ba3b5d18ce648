"""OpenAI's API, as far as its chat clients use it: docs/integrate.md says what each model name means.

These routes take API keys and nothing else: no cookie, no access token. They skip the framework's reading of
parameters and bodies, which would cost as much as all the rest of a pass-through.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import aclosing
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from masterx.accounts.access import permit_key
from masterx.accounts.api_keys import KeyIdentity
from masterx.api.compatible_answers import (
    SESSION_HEADER,
    AnswerEvent,
    Begun,
    ChunkStream,
    Ended,
    Form,
    Piece,
    completion_body,
)
from masterx.api.compatible_errors import compatible_error
from masterx.api.compatible_request import ChatAsk, read_ask
from masterx.api.errors import BadRequest, BodyTooLarge
from masterx.api.identity import bearer_token, route_template
from masterx.api.limits import limit_rate
from masterx.api.schemas import MAX_MESSAGE_LENGTH
from masterx.errors import Forbidden, InvalidInput, MasterXError, Unauthenticated
from masterx.memory.tokens import estimate_tokens
from masterx.providers.base import FinishReason, PromptMessage, TextDelta
from masterx.records.api_keys import KeyScope
from masterx.records.messages import Completeness, Message, MessageRole
from masterx.records.text import clean_text
from masterx.records.usage import Usage
from masterx.tutor.events import Done, Failed, Started, Token
from masterx.tutor.opening import TurnRequest
from masterx.tutor.relay import RelayRequest, UnknownProvider
from masterx.wiring import Services

TUTOR: Final = "masterx"
AUTO: Final = "masterx/auto"
PREFIX: Final = "masterx/"


class CompatibleRoute(APIRoute):
    """Lets in who has a key, and answers every failure in OpenAI's form."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        endpoint = self.endpoint

        async def handle(request: Request) -> Response:
            try:
                request.state.key = await _authorise_key(request)
                answer: Response = await endpoint(request)
            except MasterXError as error:
                request.state.failure = error
                return compatible_error(error)
            except HTTPException as error:
                failure = BodyTooLarge() if error.status_code == BodyTooLarge.status else BadRequest()
                return compatible_error(failure)
            return answer

        return handle


# OpenAI describes it; the description here is of what is our own.
router = APIRouter(prefix="/v1", route_class=CompatibleRoute, include_in_schema=False)


@router.get("/models")
async def models(request: Request) -> Response:
    """The models that this key may ask, in OpenAI's form."""
    return JSONResponse({"object": "list", "data": [_model(name) for name in _models(request)]})


@router.get("/models/{model:path}")
async def model(request: Request) -> Response:
    """One of them."""
    name = request.path_params["model"]
    if name not in _models(request):
        raise UnknownProvider
    return JSONResponse(_model(name))


@router.post("/chat/completions")
async def chat_completions(request: Request) -> Response:
    """OpenAI's chat completions, streamed or whole; the body is OpenAI's."""
    ask = read_ask(await request.body())
    services: Services = request.app.state.services
    key: KeyIdentity = request.state.key
    form = Form(
        id=f"chatcmpl-{request.state.request_id.replace('-', '')}",
        model=ask.model,
        created=int(services.clock.now().timestamp()),
    )
    if ask.model == TUTOR:
        _require(key, KeyScope.TUTOR)
        return await _tutor_answer(request, ask, key, form)
    relayed = _relay_request(ask, key)
    if ask.stream:
        return ChunkStream(_relayed(services, relayed), form, include_usage=ask.include_usage)
    completion = await services.relay.complete(relayed)
    ended = Ended(completion.finished.reason, completion.finished.usage)
    return Response(completion_body(form, completion.text, ended), media_type="application/json")


async def _authorise_key(request: Request) -> KeyIdentity:
    """Raises `Unauthenticated`, `RateLimited`, and `DatabaseUnavailable`."""
    services: Services = request.app.state.services
    secret = bearer_token(request)
    found: KeyIdentity | None = None
    failure: MasterXError = Unauthenticated("Send an API key of this server as `Authorization: Bearer mx-…`.")
    if secret is not None:
        try:
            found = await services.accounts.api_keys.identify(secret)
        except MasterXError as error:
            failure = error
    identity = None if found is None else found.identity
    request.state.identity = identity
    route = route_template(request.scope)
    await limit_rate(request, route, identity)
    if found is None:
        raise failure
    permit_key(request.method, route)
    return found


def _require(key: KeyIdentity, scope: KeyScope) -> None:
    if scope not in key.scopes:
        raise Forbidden(f"This key may not ask that model: it lacks the scope {scope.value!r}.")


def _models(request: Request) -> list[str]:
    key: KeyIdentity = request.state.key
    named = [f"{PREFIX}{name}" for name in request.app.state.services.relay.ready()]
    offered = {KeyScope.TUTOR: [TUTOR], KeyScope.AUTO: [AUTO], KeyScope.PASS_THROUGH: named}
    return [name for scope, names in offered.items() if scope in key.scopes for name in names]


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": "masterx"}


def _relay_request(ask: ChatAsk, key: KeyIdentity) -> RelayRequest:
    if not ask.model.startswith(PREFIX):
        raise UnknownProvider
    _require(key, KeyScope.AUTO if ask.model == AUTO else KeyScope.PASS_THROUGH)
    return RelayRequest(
        user_id=key.identity.user_id,
        tier=key.identity.tier,
        messages=ask.messages,
        max_output_tokens=ask.max_output_tokens,
        sampling=ask.sampling,
        provider=None if ask.model == AUTO else ask.model.removeprefix(PREFIX),
    )


async def _relayed(services: Services, relayed: RelayRequest) -> AsyncGenerator[AnswerEvent, None]:
    async with aclosing(services.relay.stream(relayed)) as events:
        async for event in events:
            yield Piece(event.text) if isinstance(event, TextDelta) else Ended(event.reason, event.usage)


async def _tutor_answer(request: Request, ask: ChatAsk, key: KeyIdentity, form: Form) -> Response:
    services: Services = request.app.state.services
    session_id = request.headers.get(SESSION_HEADER) or ask.session_id
    request.state.session_id = session_id
    turn = _turn_request(ask, key, session_id)
    if ask.stream:
        return ChunkStream(_taught(services, turn), form, include_usage=ask.include_usage)
    done = await services.tutor.answer(turn)
    body = completion_body(form, done.answer.content, _ended(done.answer))
    return Response(body, headers={SESSION_HEADER: done.session.id}, media_type="application/json")


def _turn_request(ask: ChatAsk, key: KeyIdentity, session_id: str | None) -> TurnRequest:
    """The last message is the learner's; what came before is the lesson so far, where no session is named.

    The tutor has its own instructions: those of the client are left out.
    """
    *before, last = [message for message in ask.messages if message.role != "system"]
    if last.role != "user":
        raise InvalidInput("The last message has to be the user's.", details={"field": "messages"})
    identity = key.identity
    return TurnRequest(
        user_id=identity.user_id,
        tier=identity.tier,
        message=clean_text(last.content, field="messages", max_length=MAX_MESSAGE_LENGTH),
        preferences=identity.learning_preferences,
        mood_preferences=identity.mood_preferences,
        emotional_profile=identity.emotional_profile,
        shows_questions=False,
        session_id=session_id,
        earlier=() if session_id is not None else tuple(_said(message) for message in before if message.content),
    )


def _said(message: PromptMessage) -> tuple[MessageRole, str]:
    return (MessageRole.USER if message.role == "user" else MessageRole.ASSISTANT), message.content


async def _taught(services: Services, request: TurnRequest) -> AsyncGenerator[AnswerEvent, None]:
    turn = await services.tutor.stream(request)
    try:
        async for event in turn:
            match event:
                case Started():
                    yield Begun(event.session_id)
                case Token(text):
                    yield Piece(text)
                case Done():
                    yield _ended(event.answer)
                case Failed():
                    raise event.error
    finally:
        turn.stop()


def _ended(answer: Message) -> Ended:
    """The total is the ledger's; how it is split is estimated, since a message does not keep that."""
    reason = FinishReason.LENGTH if answer.completeness is Completeness.LENGTH else FinishReason.STOP
    total = answer.tokens_used or 0
    generated = min(total, estimate_tokens(answer.content))
    return Ended(reason, Usage(input_tokens=total - generated, output_tokens=generated, estimated=True))
