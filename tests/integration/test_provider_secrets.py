"""A planted key is looked for wherever a failing call could have left it."""

from __future__ import annotations

import logging
import traceback

import pytest
import structlog
from pydantic import SecretStr
from tests.fakes.wire import Reply, answer, completion, delta, event, head, raw, serving

from masterx.errors import ProviderError
from masterx.providers.base import Deadlines, GenerationRequest, PromptMessage, ProviderInfo
from masterx.providers.openai_compatible import OpenAICompatible
from masterx.providers.remote import Connection

KEY = "sk-planted-key-0123456789"
QUESTION = "planted words of the learner"
VENDOR_TEXT = "planted words of the vendor"


async def call(provider: OpenAICompatible, kind: str, *, patience: float = 0.3) -> None:
    request = GenerationRequest(messages=(PromptMessage("user", QUESTION),), max_output_tokens=16)
    deadlines = Deadlines(first_token=patience, stall=patience, total=patience)
    if kind == "complete":
        await provider.complete(request, deadlines)
    else:
        _ = [piece async for piece in provider.stream(request, deadlines)]


@pytest.mark.parametrize("kind", ["stream", "complete"])
@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(answer({"error": {"message": f"{VENDOR_TEXT} {KEY}", "code": KEY}}, 401), id="401"),
        pytest.param(answer(f"{VENDOR_TEXT} {KEY}".encode(), 500, "text/plain"), id="500"),
        pytest.param(answer(f"{{{VENDOR_TEXT}".encode()), id="bad JSON"),
        pytest.param(raw(head(), event(f"{{{VENDOR_TEXT} {KEY}".encode())), id="bad event"),
        pytest.param(raw(head(), event({"error": {"message": f"{VENDOR_TEXT} {KEY}"}})), id="error event"),
        pytest.param(raw(head(), delta(VENDOR_TEXT)), id="broke off"),
        pytest.param(raw(), id="closed"),
        pytest.param(raw(hang=True), id="silence"),
    ],
)
async def test_no_key_and_no_text_in_errors_tracebacks_and_logs(
    reply: Reply, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    info = ProviderInfo(name="p", model_name="m", label="P", dialect="openai", price_id=None)
    async with serving(reply) as server:
        provider = OpenAICompatible(info, Connection(base_url=server.base_url, key=SecretStr(KEY)))
        await provider.warm_up()
        with pytest.raises(ProviderError) as caught:
            await call(provider, kind)
        await provider.aclose()

    error = caught.value
    structured = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)(
        (type(error), error, error.__traceback__)
    )
    seen = "\n".join(
        [
            repr(error),
            str(error),
            repr(error.details),
            repr(provider),
            repr(vars(provider)),
            "".join(traceback.format_exception(error)),
            repr(structured),
            caplog.text,
        ]
    )
    for secret in (KEY, QUESTION, VENDOR_TEXT):
        assert secret not in seen


async def test_what_is_meant_for_openai_goes_to_no_other_vendor(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("API_KEY", "ADMIN_KEY", "ORG_ID", "PROJECT_ID", "WEBHOOK_SECRET"):
        monkeypatch.setenv(f"OPENAI_{name}", "planted-for-openai")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Gateway-Token: planted-for-openai")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://planted-for-openai.invalid/v1")
    info = ProviderInfo(name="p", model_name="m", label="P", dialect="openai", price_id=None)
    async with serving(answer(completion())) as server:
        provider = OpenAICompatible(info, Connection(base_url=server.base_url, key=SecretStr(KEY)))
        await call(provider, "complete", patience=60)
        await provider.aclose()

    (received,) = server.received
    assert "planted-for-openai" not in received.head
    assert f"authorization: bearer {KEY}" in received.head.lower()
