"""Building everything, and what runs beside the requests."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from tests.fakes.clock import FrozenClock
from tests.fakes.records import MINUTE, make_invitation, make_session, make_turn, make_user
from tests.fakes.settings import make_settings

from masterx.errors import ConfigurationError
from masterx.records.sessions import SessionStatus
from masterx.wiring import Services, open_services


async def test_sessions_left_alone_for_half_an_hour_become_abandoned(tmp_path: Path, clock: FrozenClock) -> None:
    async with open_services(make_settings(tmp_path), clock=clock) as services:
        user = make_user()
        await services.store.add_user(user)
        session = await services.store.record_turn(make_turn(make_session(user), opens_session=True))
        await run_jobs(services)
        seen = await services.store.session(session.id, user.id)
        assert seen is not None
        assert seen.status is SessionStatus.ACTIVE
        clock.advance(timedelta(minutes=31).total_seconds())
        await run_jobs(services)
        seen = await services.store.session(session.id, user.id)
        assert seen is not None
        assert seen.status is SessionStatus.ABANDONED


async def run_jobs(services: Services) -> None:
    await services.jobs.tick()
    await services.jobs.settled()
    assert not any(run.last_error for run in services.jobs.runs())


async def test_a_store_that_cannot_be_opened_leaves_nothing_open(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a directory")
    with pytest.raises(Exception, match=r".") as raised:
        async with open_services(make_settings(blocked / "data")):
            pytest.fail("it opened")
    assert raised.type.__module__ == "masterx.errors"


async def test_a_signing_key_that_is_too_short_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret.key").write_text("short")
    with pytest.raises(ConfigurationError, match="too short"):
        async with open_services(make_settings(tmp_path)):
            pytest.fail("it opened")


async def test_credentials_that_are_over_are_forgotten(tmp_path: Path, clock: FrozenClock) -> None:
    async with open_services(make_settings(tmp_path), clock=clock) as services:
        user = make_user()
        await services.store.add_user(user)
        over, good = make_invitation(expires_at=clock.now() + MINUTE), make_invitation()
        for invitation in (over, good):
            await services.store.add_invitation(invitation)
        clock.advance(60)
        await run_jobs(services)
        assert await services.store.invitations(clock.now() - MINUTE) == [good]
