"""From a threshold that is passed to a webhook that hears of it, with a real database and a real HTTP server."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from tests.fakes.clock import START, FrozenClock
from tests.fakes.records import make_call

from masterx.alerts.delivery import TRIES, AlertDelivery, AppriseSender, Problem, Sent
from masterx.alerts.trial import AlertTrial
from masterx.alerts.watch import AlertWatch
from masterx.clock import new_id
from masterx.errors import ConfigurationError, RateLimited
from masterx.records.health import BreakerState, HealthStatus, ProviderHealth
from masterx.records.money import NANOS_PER_DOLLAR
from masterx.records.operations import AlertKind, Delivery
from masterx.settings import AlertSettings, StoreSettings
from masterx.store.opening import open_store
from masterx.store.ports import Store

# What apprise imports to be able to send mail.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

SETTINGS = AlertSettings(_env_file=None)
WELL = {"free_bytes": 10**12}
QUICK = {"write_ms": 3.0}


@dataclass
class Webhook:
    port: int = 0
    status: int = 200
    heard: list[dict[str, Any]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"json://127.0.0.1:{self.port}/a-secret-path"


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    hook = Webhook()

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            hook.heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(hook.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class names it)
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    hook.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield hook
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
async def store(tmp_path: Path, clock: FrozenClock) -> AsyncIterator[Store]:
    store = await open_store(StoreSettings(_env_file=None, data_dir=tmp_path), clock)
    yield store
    await store.close()


def provider(status: HealthStatus, breaker: BreakerState = BreakerState.CLOSED, **figures: Any) -> ProviderHealth:
    standard = {"success_rate": 1.0, "avg_response_time_ms": 800.0, "requests_last_hour": 10, "errors_last_hour": 0}
    return ProviderHealth(
        id=new_id(START),
        provider="groq",
        timestamp=START,
        status=status,
        circuit_breaker_state=breaker,
        **{**standard, **figures},
    )


GOOD = provider(HealthStatus.HEALTHY)


async def test_a_cost_threshold_is_told_once_an_hour_and_when_it_is_over(
    store: Store, clock: FrozenClock, webhook: Webhook, capsys: pytest.CaptureFixture[str]
) -> None:
    watch = AlertWatch(SETTINGS, store, clock, tells=True)
    delivery = AlertDelivery(store, clock, AppriseSender([webhook.url], allow_private=True))
    await store.record_calls([make_call(timestamp=clock.now(), cost=12 * NANOS_PER_DOLLAR)])
    for _ in range(3):
        await watch.look([GOOD], disk=WELL, database=QUICK)
        await delivery.deliver()
        clock.advance(60)

    (raised,) = webhook.heard
    assert raised["title"] == "MasterX: cost hour"
    assert raised["message"].startswith("This hour's models cost $12.00; the threshold is $10.00. Since 2026-03-14")
    assert capsys.readouterr().out.count("cost_threshold_exceeded") == 1

    clock.advance(3_600)
    await watch.look([GOOD], disk=WELL, database=QUICK)
    await delivery.deliver()
    assert [said["title"] for said in webhook.heard] == ["MasterX: cost hour", "MasterX: over: cost hour"]
    (alert,) = await store.alerts(limit=9)
    assert (alert.kind, alert.delivery, alert.value) == (AlertKind.COST_HOUR, Delivery.SENT, 12.0)
    assert alert.resolved_at is not None


@pytest.mark.parametrize(
    ("one", "disk", "database", "kind"),
    [
        (provider(HealthStatus.DOWN, success_rate=0.2), WELL, QUICK, AlertKind.PROVIDER_DOWN),
        (provider(HealthStatus.DOWN, BreakerState.OPEN), WELL, QUICK, AlertKind.BREAKER_OPEN),
        (provider(HealthStatus.DEGRADED, requests_last_hour=20, errors_last_hour=4), WELL, QUICK, AlertKind.ERROR_RATE),
        (GOOD, {"free_bytes": 2**29}, QUICK, AlertKind.DISK),
        (GOOD, WELL, {"write_ms": 2_500.0}, AlertKind.BACKLOG),
    ],
)
async def test_what_is_wrong_is_raised_alone_and_resolved(
    store: Store,
    clock: FrozenClock,
    one: ProviderHealth,
    disk: dict[str, Any],
    database: dict[str, Any],
    kind: AlertKind,
) -> None:
    watch = AlertWatch(SETTINGS, store, clock, tells=False)
    for _ in range(2):
        await watch.look([one], disk=disk, database=database)
    (alert,) = await store.open_alerts()
    assert (alert.kind, alert.delivery) == (kind, Delivery.NONE)

    await watch.look([GOOD], disk=WELL, database=QUICK)
    assert await store.open_alerts() == []


async def test_what_comes_and_goes_is_told_once_a_quarter(store: Store, clock: FrozenClock) -> None:
    watch = AlertWatch(SETTINGS, store, clock, tells=False)
    for minute in range(30):
        one = provider(HealthStatus.DOWN, BreakerState.OPEN) if minute % 2 else GOOD
        await watch.look([one], disk=WELL, database=QUICK)
        clock.advance(60)
    assert len(await store.alerts(limit=99)) <= 3


async def test_a_webhook_that_fails_is_tried_again_and_then_shown_as_failed(
    store: Store, clock: FrozenClock, webhook: Webhook
) -> None:
    delivery = AlertDelivery(store, clock, AppriseSender([webhook.url], allow_private=True))
    await AlertWatch(SETTINGS, store, clock, tells=True).look([GOOD], disk={"free_bytes": 1}, database=QUICK)
    webhook.status = 503
    for _ in range(TRIES + 3):
        await delivery.deliver()
        clock.advance(1_800)

    (alert,) = await store.alerts(limit=9)
    assert (alert.delivery, alert.tries, len(webhook.heard)) == (Delivery.FAILED, TRIES, TRIES)
    assert alert.delivery_error == "JSON: not accepted, or not reachable"


async def test_a_webhook_that_is_back_hears_of_it(store: Store, clock: FrozenClock, webhook: Webhook) -> None:
    delivery = AlertDelivery(store, clock, AppriseSender([webhook.url], allow_private=True))
    await AlertWatch(SETTINGS, store, clock, tells=True).look([GOOD], disk={"free_bytes": 1}, database=QUICK)
    webhook.status = 500
    await delivery.deliver()
    webhook.status = 200
    await delivery.deliver()
    assert len(webhook.heard) == 1
    clock.advance(30)
    await delivery.deliver()
    assert (await store.alerts(limit=1))[0].delivery is Delivery.SENT


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "10.1.2.3", "169.254.169.254", "[::1]"])
async def test_a_private_address_is_refused(store: Store, clock: FrozenClock, webhook: Webhook, host: str) -> None:
    sender = AppriseSender([f"json://{host}:{webhook.port}/"], allow_private=False)
    await AlertWatch(SETTINGS, store, clock, tells=True).look([GOOD], disk={"free_bytes": 1}, database=QUICK)
    await AlertDelivery(store, clock, sender).deliver()

    (alert,) = await store.alerts(limit=1)
    assert webhook.heard == []
    assert alert.delivery_error == "JSON: the address is private, which MASTERX_ALERT_ALLOW_PRIVATE allows"


async def test_a_test_message_says_what_came_of_it_at_each_address(clock: FrozenClock, webhook: Webhook) -> None:
    nobody = "json://127.0.0.1:1/a-secret"
    trial = AlertTrial(clock, AppriseSender([webhook.url, nobody], allow_private=True))
    sent = await trial.send()
    assert sent == [Sent(1, "JSON", None), Sent(2, "JSON", Problem.REFUSED)]
    assert [said["title"] for said in webhook.heard] == ["MasterX: a test message"]

    with pytest.raises(RateLimited) as caught:
        await trial.send()
    assert caught.value.retry_after == 10
    clock.advance(10)
    assert len(await trial.send()) == 2
    clock.advance(-3_600)
    assert len(await trial.send()) == 2


async def test_two_test_messages_at_once_are_one(clock: FrozenClock, webhook: Webhook) -> None:
    trial = AlertTrial(clock, AppriseSender([webhook.url], allow_private=True))
    found = await asyncio.gather(trial.send(), trial.send(), return_exceptions=True)
    assert [type(each) for each in found] == [list, RateLimited]
    assert len(webhook.heard) == 1


async def test_a_test_message_to_a_private_address_is_refused(clock: FrozenClock, webhook: Webhook) -> None:
    (one,) = await AlertTrial(clock, AppriseSender([webhook.url], allow_private=False)).send()
    assert one.problem is Problem.PRIVATE
    assert webhook.heard == []


def test_an_address_that_is_none_stops_the_start_and_is_not_repeated() -> None:
    with pytest.raises(ConfigurationError, match="number 2 is no address") as caught:
        AppriseSender(["json://example.org/", "hush://a-secret"], allow_private=False)
    assert "secret" not in caught.value.message


def test_no_redirect_is_followed_where_private_addresses_are_refused() -> None:
    url = "json://example.org/hook?redirect=yes"
    for allowed in (False, True):
        (service,) = AppriseSender([url], allow_private=allowed)._services
        assert service.redirects is allowed
