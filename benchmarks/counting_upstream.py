"""A canned model server that counts tokens as OpenAI does, with the vocabulary of the model that it pretends to be.

    .bench/litellm/bin/python -m benchmarks.counting_upstream --delay-ms 4 --fault-every 5

It needs `tiktoken` and its vocabularies, which are in the environment that `benchmarks.gateway` makes: nothing else
here wants them. Answers are those of `token_texts.json`, in turn. `GET /journal` adds `entries`: of each call its
marker, its input tokens, the output tokens that were sent, and whether it told them.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import uvloop

from benchmarks.canned_upstream import MARKER, CannedUpstream, Journal, write_script

TEXTS: dict[str, list[str]] = json.loads(Path(__file__).with_name("token_texts.json").read_text())
VOCABULARY = "o200k_base"
TOKENS_A_MESSAGE, TOKENS_OF_ALL = 4, 3
"""Around the text of each message and of the prompt, as OpenAI's documentation counts them."""
PIECE = re.compile(r"\s*[!-~]+|\s*[^!-~\s]{1,4}|\s+")

Count = Callable[[str], int]


@dataclass(kw_only=True)
class CountingJournal(Journal):
    entries: list[dict[str, Any]] = field(default_factory=list)


class CountingUpstream(CannedUpstream):
    def __init__(self, journal: CountingJournal, count: Count, delay: float, fault_every: int) -> None:
        super().__init__(write_script(["?"], delay, fault_every), journal)
        self._entries = journal.entries
        self._count = count
        self._texts = [text for texts in TEXTS.values() for text in texts]

    def _answer(self, body: bytes) -> None:
        pieces = PIECE.findall(self._texts[len(self._entries) % len(self._texts)])
        messages = json.loads(body)["messages"]
        tokens = TOKENS_OF_ALL + sum(TOKENS_A_MESSAGE + self._count(message["content"]) for message in messages)
        self._pieces = pieces
        self._entry = {
            "marker": MARKER.findall(body)[-1].decode(),
            "input": tokens,
            "output": 0,
            "told": False,
        }
        self._entries.append(self._entry)
        self._script = write_script(
            pieces,
            self._script.delay,
            self._script.fault_every,
            input_tokens=tokens,
            output_tokens=self._count("".join(pieces)),
        )
        super()._answer(body)

    def _fail(self, streamed: bool) -> None:
        super()._fail(streamed)
        if self._journal.faults % 2:
            self._entry["input"] = 0  # refused, so nothing is charged
        elif streamed:
            self._note(len(self._pieces) // 4)
        else:
            self._note(len(self._pieces))

    def _next_piece(self, number: int, end: bytes, usage_wanted: bool) -> None:
        self._note(number)
        super()._next_piece(number, end, usage_wanted)

    def _finish(self, data: bytes, usage_told: bool) -> None:
        self._note(len(self._pieces))
        self._entry["told"] = usage_told
        super()._finish(data, usage_told)

    def _note(self, pieces: int) -> None:
        self._entry["output"] = self._count("".join(self._pieces[:pieces]))


def real_count() -> Count:
    """By tiktoken, with the vocabularies that LiteLLM brings: nothing is fetched."""
    found = find_spec("litellm")
    assert found is not None, "benchmarks.gateway builds the environment"
    assert found.origin is not None
    os.environ["TIKTOKEN_CACHE_DIR"] = str(Path(found.origin).parent / "litellm_core_utils" / "tokenizers")
    import tiktoken  # type: ignore[import-not-found]  # noqa: PLC0415 (only there)

    encoding = tiktoken.get_encoding(VOCABULARY)
    return lambda text: len(encoding.encode(text, disallowed_special=()))


async def serve(port: int, delay: float, fault_every: int) -> None:
    journal, count = CountingJournal(), real_count()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: CountingUpstream(journal, count, delay, fault_every), "127.0.0.1", port, backlog=1_024
    )
    print(f"listening on {server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--delay-ms", type=float, default=4, help="before each piece of a stream")
    parser.add_argument("--fault-every", type=int, default=5)
    options = parser.parse_args()
    uvloop.run(serve(options.port, options.delay_ms / 1000, options.fault_every))


if __name__ == "__main__":
    main()
