"""GET /static: what pages load, kept by browsers for as long as its address carries the hash."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from masterx.errors import NotFound
from masterx.web.assets import IMMUTABLE
from masterx.web.rendering import shared_assets

router = APIRouter(include_in_schema=False)


@router.get("/static/{path:path}")
async def static_file(path: str, request: Request) -> Response:
    asset, current = shared_assets().find(path)
    if asset is None:
        raise NotFound
    headers = {"Cache-Control": IMMUTABLE if current else "no-cache", "Vary": "Accept-Encoding"}
    body = asset.body
    if asset.compressed is not None and "gzip" in request.headers.get("accept-encoding", ""):
        body = asset.compressed
        headers["Content-Encoding"] = "gzip"
    return Response(body, media_type=asset.media_type, headers=headers)
