from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from masterx.errors import ConfigurationError
from masterx.providers.discovery import ProviderStatus
from masterx.providers.registry import ProviderRegistry
from masterx.settings import LocalModelSettings

KEY = "sk-planted-key-0123456789"
NO_DEMO = LocalModelSettings(local_model=False)


def registry(variables: dict[str, str] | None = None, *, demo: bool = False) -> ProviderRegistry:
    return ProviderRegistry(variables or {}, local_model=LocalModelSettings(local_model=demo))


def ready_names(of: ProviderRegistry) -> list[str]:
    return [provider.name for provider in of.ready()]


def two_vendors(**more: str) -> dict[str, str]:
    return {
        "GROQ_API_KEY": KEY,
        "GROQ_MODEL_NAME": "llama",
        "OPENAI_API_KEY": KEY,
        "OPENAI_MODEL_NAME": "gpt",
        "TEST_API_KEY": KEY,
        "TEST_MODEL_NAME": "test-model",
        **more,
    }


def test_the_process_environment_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TEST_API_KEY", "test-key")
    monkeypatch.setenv("TEST_MODEL_NAME", "test-model")

    assert ProviderRegistry().providers["test"].model_name == "test-model"


def test_the_process_environment_wins_over_the_env_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text(
        "OPENAI_API_KEY=from$file\nOPENAI_MODEL_NAME=of-the-file\nMASTERX_LOCAL_MODEL=false\n"
    )
    monkeypatch.setenv("OPENAI_MODEL_NAME", "of-the-process")
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)

    found = ProviderRegistry()
    assert found.providers["openai"].model_name == "of-the-process"
    assert found.providers["openai"].status is ProviderStatus.READY
    assert "local" not in found.providers


def test_an_env_file_that_is_no_text_is_a_configuration_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_bytes(b"OPENAI_API_KEY=\xff\xfe\n")

    with pytest.raises(ConfigurationError):
        ProviderRegistry(local_model=NO_DEMO)


def test_only_what_can_be_called_is_ready_in_alphabetical_order() -> None:
    found = registry(two_vendors())

    assert ready_names(found) == ["groq", "openai"]
    assert found.providers["test"].problem == "needs TEST_BASE_URL"


@pytest.mark.parametrize("order", ["openai,groq", " OpenAI , nobody", "openai,openai"])
def test_the_operator_sets_the_order(order: str) -> None:
    assert ready_names(registry(two_vendors(MASTERX_PROVIDER_ORDER=order))) == ["openai", "groq"]


def test_the_demo_model_stands_in_only_while_nothing_else_is_ready() -> None:
    assert ready_names(registry(demo=True)) == ["local"]
    assert ready_names(registry({"TEST_API_KEY": KEY, "TEST_MODEL_NAME": "m"}, demo=True)) == ["local"]
    assert ready_names(registry(two_vendors(), demo=True)) == ["groq", "openai"]
    assert ready_names(registry()) == []


def test_one_client_per_provider() -> None:
    found = registry(two_vendors())

    assert found.ready() == found.ready()


def test_refreshing_replaces_only_what_changed() -> None:
    variables = two_vendors()
    found = registry(variables)
    groq, openai = found.ready()
    variables["OPENAI_API_KEY"] = KEY + "-rotated"
    found.refresh()
    groq_after, openai_after = found.ready()

    assert groq_after is groq
    assert openai_after is not openai


def test_what_a_refresh_changed_is_named() -> None:
    variables = two_vendors()
    found = registry(variables)
    assert found.refresh() == ()
    variables["OPENAI_API_KEY"] = KEY + "-rotated"
    del variables["GROQ_MODEL_NAME"]
    variables["MISTRAL_API_KEY"] = KEY
    assert found.refresh() == ("groq", "mistral", "openai")


def test_keys_are_those_of_providers_that_can_be_called_and_need_one() -> None:
    found = registry(two_vendors(MISTRAL_API_KEY=KEY) | {"OLLAMA_MODEL_NAME": "m"})

    assert found.keys().keys() == {"groq", "openai"}


def test_no_key_in_any_text() -> None:
    found = registry(two_vendors())
    texts = [repr(found), repr(found.providers), repr(found.ready()), repr(vars(found)), str(found.keys())]

    assert KEY not in "".join(texts)


async def test_closing_twice_is_safe() -> None:
    found = registry(two_vendors(), demo=True)
    await found.warm_up()
    await found.aclose()
    await found.aclose()


def test_looking_around_imports_no_sdk_and_no_native_library() -> None:
    code = (
        "import sys; from masterx.providers.registry import ProviderRegistry;"
        "ProviderRegistry({'OPENAI_API_KEY': 'k', 'OPENAI_MODEL_NAME': 'm'}).ready();"
        "ProviderRegistry({}).ready();"
        "print(*sys.modules.keys() & {'openai', 'aiohttp', 'httpx2', 'xllamacpp', 'genai_prices'})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == ""
