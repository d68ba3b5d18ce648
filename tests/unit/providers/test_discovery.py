from __future__ import annotations

import pytest

from masterx.providers.catalog import vendors
from masterx.providers.discovery import ConfiguredProvider, Finding, ProviderStatus, base_url_fault, discover

KEY = "a-key-of-a-decent-length"


def found(**variables: str) -> dict[str, Finding]:
    return discover(variables, vendors())


def only(**variables: str) -> ConfiguredProvider:
    (finding,) = found(**variables).values()
    assert (finding.connection is not None) == (finding.entry.status is ProviderStatus.READY)
    return finding.entry


def test_key_and_model_of_a_known_vendor_are_enough() -> None:
    (finding,) = found(GROQ_API_KEY=KEY, GROQ_MODEL_NAME="llama").values()

    assert finding.entry.status is ProviderStatus.READY
    assert (finding.entry.info.label, finding.entry.info.price_id) == ("Groq", "groq")
    assert finding.connection is not None
    assert finding.connection.base_url == "https://api.groq.com/openai/v1"
    assert finding.connection.max_tokens_field == "max_completion_tokens"


def test_the_operator_may_move_a_known_vendor() -> None:
    (finding,) = found(OPENAI_API_KEY=KEY, OPENAI_MODEL_NAME="m", OPENAI_BASE_URL="http://gateway.example/v1").values()

    assert finding.connection is not None
    assert finding.connection.base_url == "http://gateway.example/v1"


def test_an_unknown_name_is_never_called_without_a_base_url() -> None:
    entry = only(TEST_API_KEY=KEY, TEST_MODEL_NAME="test-model")

    assert (entry.name, entry.model_name) == ("test", "test-model")
    assert (entry.status, entry.problem) == (ProviderStatus.NEEDS_BASE_URL, "needs TEST_BASE_URL")


def test_an_unknown_name_with_a_base_url_is_ready_and_has_no_price() -> None:
    entry = only(MY_OWN_API_KEY=KEY, MY_OWN_MODEL_NAME="m", MY_OWN_BASE_URL="https://models.example/v1")

    assert (entry.name, entry.status) == ("my_own", ProviderStatus.READY)
    assert (entry.info.price_id, entry.info.free) == (None, False)


@pytest.mark.parametrize(
    ("variables", "problem"),
    [
        ({"OPENAI_API_KEY": KEY}, "needs OPENAI_MODEL_NAME"),
        ({"OPENAI_API_KEY": KEY, "OPENAI_MODEL_NAME": "  "}, "needs OPENAI_MODEL_NAME"),
        ({"OPENAI_MODEL_NAME": "m"}, "needs OPENAI_API_KEY"),
        ({"OPENAI_MODEL_NAME": "m", "OPENAI_API_KEY": ""}, "needs OPENAI_API_KEY"),
        ({"OTHER_MODEL_NAME": "m", "OTHER_BASE_URL": "http://h"}, "needs OTHER_API_KEY"),
    ],
)
def test_half_a_configuration_says_what_is_missing(variables: dict[str, str], problem: str) -> None:
    assert only(**variables).problem == problem


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"STRIPE_API_KEY": KEY},
        {"HF_TOKEN": KEY, "HF_HOME": "/x", "API_KEY": KEY, "MODEL_NAME": "m"},
        {"MASTERX_API_KEY": KEY, "MASTERX_MODEL_NAME": "m", "MASTERX_X_API_KEY": KEY, "MASTERX_X_MODEL_NAME": "m"},
        {"LOCAL_API_KEY": KEY, "LOCAL_MODEL_NAME": "m"},
        {"OPENAI_BASE_URL": "http://h", "OPENAI_DIALECT": "openai"},
        {"OPENAI_API_KEY": "", "OPENAI_MODEL_NAME": ""},
        {"openai_api_key": KEY, "openai_model_name": "m"},
    ],
)
def test_variables_of_other_programs_are_left_alone(variables: dict[str, str]) -> None:
    assert found(**variables) == {}


@pytest.mark.parametrize(
    ("variables", "dialect", "base_url"),
    [
        ({}, "anthropic", "https://api.anthropic.com"),
        ({"ANTHROPIC_DIALECT": "openai"}, "openai", "https://api.anthropic.com/v1"),
        ({"ANTHROPIC_BASE_URL": "http://gateway.example"}, "anthropic", "http://gateway.example"),
    ],
)
def test_a_vendor_speaks_its_own_dialect_unless_told_otherwise(
    variables: dict[str, str], dialect: str, base_url: str
) -> None:
    (finding,) = found(ANTHROPIC_API_KEY=KEY, ANTHROPIC_MODEL_NAME="claude", **variables).values()

    assert finding.entry.info.dialect == dialect
    assert finding.connection is not None
    assert finding.connection.base_url == base_url


def test_a_dialect_that_the_catalogue_has_no_address_for_needs_one() -> None:
    entry = only(GROQ_API_KEY=KEY, GROQ_MODEL_NAME="llama", GROQ_DIALECT="anthropic")

    assert (entry.status, entry.problem) == (ProviderStatus.NEEDS_BASE_URL, "needs GROQ_BASE_URL")


@pytest.mark.parametrize("name", ["ollama", "llamacpp", "lmstudio", "vllm"])
def test_local_servers_need_no_key_and_cost_nothing(name: str) -> None:
    entry = only(**{f"{name.upper()}_MODEL_NAME": "m"})

    assert entry.status is ProviderStatus.READY
    assert (entry.info.free, entry.info.demo) == (True, False)


@pytest.mark.parametrize(
    ("changed", "variable"),
    [
        ({"X_DIALECT": "cohere"}, "X_DIALECT"),
        ({"X_DIALECT": "sk-secret"}, "X_DIALECT"),
        ({"X_BASE_URL": "https://user:sk-secret@h"}, "X_BASE_URL"),
        ({"X_BASE_URL": "file:///etc/passwd"}, "X_BASE_URL"),
        ({"X_API_KEY": "sk-secret\r\nHost: evil"}, "X_API_KEY"),
        ({"X_API_KEY": "sk-secret ключ"}, "X_API_KEY"),
        ({"X_MODEL_NAME": "sk-secret\x00"}, "X_MODEL_NAME"),
        ({"X_MODEL_NAME": "m" * 501}, "X_MODEL_NAME"),
    ],
)
def test_values_that_cannot_be_used_name_their_variable_and_not_themselves(
    changed: dict[str, str], variable: str
) -> None:
    entry = only(**{"X_API_KEY": KEY, "X_MODEL_NAME": "m", "X_BASE_URL": "https://h/v1", **changed})

    assert entry.status is ProviderStatus.INVALID
    assert variable in (entry.problem or "")
    assert "sk-secret" not in repr(entry)


@pytest.mark.parametrize(
    "url",
    ["https://api.example/v1", "http://127.0.0.1:8080", "http://[::1]:8080/v1", "http://localhost/v1/"],
)
def test_base_urls_that_will_do(url: str) -> None:
    assert base_url_fault(url) is None


@pytest.mark.parametrize(
    "url",
    [
        "api.example/v1",
        "ftp://api.example",
        "https://",
        "https:///v1",
        "https://user@api.example",
        "https://user:pass@api.example",
        "https://api.example/v1?key=x",
        "https://api.example/v1#x",
        "https://api.example:port",
        "https://api.example:99999",
        "https://[::1",
        "https://api.example/\n",
        "https://api.example/a b",
        "https://аpi.example",
    ],
)
def test_base_urls_that_will_not_do(url: str) -> None:
    assert base_url_fault(url) is not None
