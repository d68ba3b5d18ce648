import io
import json
import logging
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from masterx.logging_setup import SCRUBBED, set_up_logging
from masterx.settings import LoggingSettings


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    set_up_logging(LoggingSettings(_env_file=None, log_format="json"), stream)
    yield stream
    structlog.reset_defaults()
    logging.basicConfig(handlers=[logging.StreamHandler(sys.stderr)], force=True)


def only_line(log: io.StringIO) -> dict[str, Any]:
    (line,) = log.getvalue().splitlines()
    return dict(json.loads(line))


@pytest.mark.parametrize(
    "private",
    [
        "ada@example.org",
        "sk-proj-abcdefghijklmnop1234",
        "gsk_abcdefghijklmnop1234",
        "gsk_abcdefghijklmnop",
        "AIzaSyA1234567890abcdefghijklmnop",
        "Bearer abc.def",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
    ],
)
def test_what_looks_private_is_taken_out_wherever_it_stands(log: io.StringIO, private: str) -> None:
    structlog.get_logger().info("x", a=f"before {private} after", b={"c": [private]}, d=(private,))
    assert private not in log.getvalue()
    assert only_line(log)["a"] == f"before {SCRUBBED} after"


@pytest.mark.parametrize("field", ["password", "email", "content", "Authorization", "message", "title", "prompt"])
def test_private_fields_are_taken_out_whatever_they_hold(log: io.StringIO, field: str) -> None:
    structlog.get_logger().info("x", **{field: "harmless"}, nested={field: "harmless"})
    assert "harmless" not in log.getvalue()


def test_an_exception_is_its_type_and_place_never_its_words(log: io.StringIO) -> None:
    def fail() -> None:
        try:
            raise KeyError("planted by a learner")  # noqa: TRY301 (raised to be logged)
        except KeyError as error:
            raise ValueError("planted too") from error

    try:
        fail()
    except ValueError:
        structlog.get_logger().exception("failed")
    line = only_line(log)
    assert "planted" not in json.dumps(line)
    assert [part["type"] for part in line["exception"]] == ["ValueError", "KeyError"]
    assert "test_logging_setup.py" in line["exception"][0]["frames"][-1]


def test_libraries_that_log_go_through_the_same_scrubbing(log: io.StringIO) -> None:
    logging.getLogger("some.library").error("wrote to %s", "ada@example.org")
    assert "ada@example.org" not in log.getvalue()
    assert only_line(log)["level"] == "error"


def test_numbers_and_times_keep_their_type(log: io.StringIO) -> None:
    structlog.get_logger().info("x", duration_ms=12, cost=0.5, ok=True, nothing=None)
    line = only_line(log)
    assert (line["duration_ms"], line["cost"], line["ok"], line["nothing"]) == (12, 0.5, True, None)
