"""Request bodies as JSON that cannot hurt: nothing nested beyond reason, no NaN, no half characters."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from typing import Any

import pydantic_core
from fastapi import Request, Response
from fastapi.routing import APIRoute


class StrictRequest(Request):
    """Reads JSON with pydantic's own parser, which bounds nesting and refuses NaN, infinity and lone surrogates."""

    async def json(self) -> Any:
        if not hasattr(self, "_json"):
            body = await self.body()
            try:
                self._json = pydantic_core.from_json(body, allow_inf_nan=False)
            except ValueError as error:
                raise json.JSONDecodeError(str(error).split(" at line")[0], "", 0) from error
        return self._json


class StrictJsonRoute(APIRoute):
    """A route whose handler reads a `StrictRequest`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handler = super().get_route_handler()

        async def strict_handler(request: Request) -> Response:
            return await handler(StrictRequest(request.scope, request.receive))

        return strict_handler
