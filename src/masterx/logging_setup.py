"""Structured logs: one line an event, each with the request it belongs to, and nothing private in any of them."""

from __future__ import annotations

import logging
import re
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, WrappedLogger

from masterx.settings import LoggingSettings

SCRUBBED = "[removed]"

_PRIVATE_KEYS = frozenset(
    {
        "api_key",
        "authorization",
        "body",
        "content",
        "cookie",
        "email",
        "key",
        "message",
        "messages",
        "name",
        "password",
        "prompt",
        "refresh_token",
        "secret",
        "text",
        "title",
        "token",
    }
)
"""Fields that hold what must not be written, whatever their value looks like."""

_ADDRESSES = re.compile(
    r"""
    [\w.+%-]+@[\w-]+(?:\.[\w-]+)*               # an e-mail address
  | (?<=://)[^/\s:@]+:[^/\s@]+(?=@)             # credentials in a URL
    """,
    re.VERBOSE,
)
_KEYS = re.compile(
    r"""
    \beyJ[\w-]{8,}\.[\w-]+\.[\w-]*              # a JSON web token
  | \b(?:sk|pk|rk|gsk|xai|key|AIza|ghp|hf|pplx|csk|fw)[-_][\w-]{12,}   # vendors' key forms
  | \bAIza[\w-]{20,}
  | \b[Bb]earer\s+\S+
  | (?<=secret=)[^&\s]+
    """,
    re.VERBOSE,
)
_HARMLESS = re.compile(
    r"[a-z]{3,20}(?:_[a-z]{2,11}){0,4}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|/[a-z0-9/_{}]{0,80}"
)
"""Plain words, ids and route templates: most of what is logged, and nothing that the searches below could find."""


def set_up_logging(settings: LoggingSettings, stream: TextIO | None = None) -> None:
    """Send everything, the libraries' own lines included, through one scrubbing pipeline to standard error."""
    stream = stream or sys.stderr
    as_json = settings.log_format == "json" or (settings.log_format == "auto" and not stream.isatty())
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        describe_exception,
        scrub,
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=stream.isatty())
    )
    level = logging.getLevelNamesMapping()[settings.log_level]
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=stream),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared[:3]],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                describe_exception,
                scrub,
                renderer,
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=max(level, logging.WARNING), force=True)


def describe_exception(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace an exception by its type and frames. Its text stays out: it may quote what a learner wrote."""
    exc_info = event.pop("exc_info", None)
    if exc_info is True:
        exc_info = sys.exc_info()
    error = exc_info[1] if isinstance(exc_info, tuple) else exc_info
    if isinstance(error, BaseException):
        event["exception"] = _chain(error)
    return event


def _chain(error: BaseException) -> list[dict[str, Any]]:
    described: list[dict[str, Any]] = []
    current: BaseException | None = error
    while current is not None and len(described) < 8:
        frames = traceback.extract_tb(current.__traceback__)
        described.append(
            {
                "type": type(current).__name__,
                "frames": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames[-12:]],
            }
        )
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return described


def scrub(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Take out private fields and, from every other text, what looks like a key, a token or an address."""
    return _scrub_mapping(event)


def _scrub_mapping(mapping: Mapping[str, Any]) -> MutableMapping[str, Any]:
    return {
        key: SCRUBBED if key.lower() in _PRIVATE_KEYS and value is not None else _scrub_value(value)
        for key, value in mapping.items()
    }


def _scrub_value(value: Any) -> Any:
    if isinstance(value, str):
        return _scrub_text(value)
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return _scrub_mapping(value)
    if isinstance(value, list | tuple):
        return [_scrub_value(entry) for entry in value]
    return _scrub_text(str(value))


def _scrub_text(text: str) -> str:
    if _HARMLESS.fullmatch(text):
        return text
    if "@" in text:
        text = _ADDRESSES.sub(SCRUBBED, text)
    return _KEYS.sub(SCRUBBED, text)
