"""How a route reaches what wiring built."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from masterx.wiring import Services


def current_services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


CurrentServices = Annotated[Services, Depends(current_services)]
