"""A host whose clock goes wrong: `python -m benchmarks.shifted_server SECONDS PORT`, settings from the environment.

As `masterx serve`, with a clock that is so many seconds ahead; a negative number is behind.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import datetime, timedelta

import uvicorn

from masterx.clock import SystemClock
from masterx.settings import load_settings
from masterx.web.app import create_app
from masterx.wiring import open_services


class ShiftedClock(SystemClock):
    def __init__(self, seconds: float) -> None:
        self._ahead = timedelta(seconds=seconds)

    def now(self) -> datetime:
        return super().now() + self._ahead


async def main(seconds: str, port: str) -> None:
    settings = load_settings()
    async with open_services(settings, clock=ShiftedClock(float(seconds))) as services:
        config = uvicorn.Config(create_app(services), port=int(port), log_config=None, access_log=False)
        await uvicorn.Server(config).serve()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
