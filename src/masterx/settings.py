"""Settings by area, read once from the environment and `.env`, then handed to whoever needs the area.

Model keys are not here: `providers.registry` reads them, so that they can be rotated without a restart.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, IPvAnyNetwork, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from masterx.errors import ConfigurationError

Seconds = Annotated[float, Field(gt=0, le=86_400)]

Share = Annotated[float, Field(ge=0, le=1)]

RequestsAMinute = Annotated[int, Field(ge=1, le=10_000_000)]

Weight = Annotated[float, Field(ge=0, le=1_000)]
HoursOrOff = Annotated[
    Annotated[float, Field(ge=1, le=12)] | None, BeforeValidator(lambda value: None if value == "off" else value)
]

ENV_FILE = Path(".env")


class Area(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="MASTERX_", extra="ignore", frozen=True, env_file_encoding="utf-8")


class ServerSettings(Area):
    host: str = "127.0.0.1"
    """The address to listen on; 0.0.0.0 for every interface."""
    port: Annotated[int, Field(ge=0, le=65_535)] = 8001
    """The port to listen on; 0 takes any free one."""
    allowed_hosts: tuple[str, ...] = ("127.0.0.1", "localhost", "[::1]")
    """Host names that a request may carry, as a JSON list; a proxy's public name goes here."""
    public_url: Annotated[str, Field(pattern=r"^https?://[^\s/?#]+/?$")] | None = None
    """Where people reach this server, such as `https://tutor.example.org`: links for them begin with it."""
    trusted_proxies: tuple[IPvAnyNetwork, ...] = ()
    """Addresses or networks of reverse proxies, as a JSON list: what they say in X-Forwarded-For and -Proto is taken \
for the client's address and for https. Nobody else is believed."""
    max_body_bytes: Annotated[int, Field(ge=1_024)] = 1_048_576
    """Larger request bodies are refused with 413 before they are read."""
    drain_seconds: Annotated[float, Field(ge=0, le=3_600)] = 0
    """How long a server that SIGTERM tells to stop still takes requests while `/ready` answers 503: as long as the \
proxies before it take to send them elsewhere. 0: it stops at once."""
    shutdown_seconds: Seconds = 20
    """How long running answers may take to finish when the server is told to stop."""


class StoreSettings(Area):
    data_dir: Path = Path("data")
    """Where the embedded database and the signing key live."""
    database_url: str | None = None
    """`sqlite:///path/to/file`, or `mongodb://user:password@host/masterx_quantum?replicaSet=rs0`; unset: \
`masterx.sqlite3` in the data directory."""
    busy_seconds: Seconds = 2
    """How long a write waits for another process's lock before the caller is told to try again."""


class BackupSettings(Area):
    backup_passphrase: SecretStr | None = None
    """Encrypts backups and opens them, 12 characters or more; unset: backups are not encrypted."""


class AccountSettings(Area):
    secret_key: SecretStr | None = None
    """Signs tokens, 32 characters or more; unset: made once and kept in the data directory."""
    access_token_seconds: Annotated[int, Field(ge=10, le=86_400)] = 900
    """How long an access token is good for."""
    refresh_token_seconds: Annotated[int, Field(ge=60)] = 30 * 86_400
    """How long a device stays signed in without being used."""
    one_time_link_seconds: Annotated[int, Field(ge=10)] = 3_600
    """How long a link that signs in or resets a password can be redeemed."""
    registration: Literal["open", "invitation", "closed"] = "open"
    """Who may make an account: anybody, whoever an administrator invited, or nobody."""
    password_threads: Annotated[int, Field(ge=1, le=64)] = 2
    """How many passwords are hashed at once; each takes 19 MiB for about 20 ms."""


class MailSettings(Area):
    smtp_url: SecretStr | None = None
    """`smtps://user:password@host:465`, or `smtp://user:password@host:587` (then TLS by STARTTLS, which only this \
machine may do without); unset: the server sends no mail."""
    mail_from: Annotated[str, Field(max_length=254)] | None = None
    """The sender of its mails, such as `tutor@example.org`; needed for mail, as is `MASTERX_PUBLIC_URL`."""


class TurnSettings(Area):
    first_token_seconds: Seconds = 30
    """How long a model may take to its first word before the next one is asked."""
    stall_seconds: Seconds = 20
    """The longest pause inside an answer."""
    total_seconds: Seconds = 180
    """The longest a whole answer may take."""
    max_output_tokens: Annotated[int, Field(ge=16, le=65_536)] = 1_024
    """The longest answer."""
    context_tokens: Annotated[int, Field(ge=256)] = 6_000
    """How much of the conversation is sent along, at most; a smaller model gets less."""
    idle_minutes: Annotated[int, Field(ge=1)] = 30
    """A session without a message for this long counts as abandoned."""

    encoder: bool = True
    """Whether messages are read by the text encoder: mood, topic, memory by meaning and search."""
    recall_megabytes: Annotated[int, Field(ge=1, le=1_048_576)] = 256
    """How much memory a process may keep for searching the messages of learners who were lately here."""
    help_text: Annotated[str, Field(min_length=1, max_length=2_000)] = (
        "If you are in danger or think of hurting yourself, please talk to somebody now: your local emergency number, "
        "a crisis line in your country, or a person you trust."
    )
    """Shown beside the answer when a message may be a sign of distress. Name the help there is where you are."""

    @property
    def idle_time(self) -> timedelta:
        return timedelta(minutes=self.idle_minutes)


class PracticeSettings(Area):
    items_dir: Path | None = None
    """A folder of practice items beside those that come with MasterX, read when the server starts; unset: `items` in \
the data directory. `masterx items import` writes there."""

    def folder(self, data_dir: Path) -> Path:
        return self.items_dir or data_dir / "items"


class RoutingSettings(Area):
    routing: Literal["scores", "order"] = "scores"
    """Who is asked first: by benchmarks, ratings and prices, or always in the order of `MASTERX_PROVIDER_ORDER`."""
    routing_dial_free: Share = 0.6
    """How much quality goes before price for learners of the tier `free`: 1 looks at quality alone; each step of 0.1 \
less lets a tenfold price count for two points more of 100."""
    routing_dial_pro: Share = 0.7
    """The same for `pro`."""
    routing_dial_premium: Share = 0.8
    """The same for `premium`."""

    def dial(self, tier: str | None) -> float:
        """Of nobody's tier, such as a system's own call: that of `free`."""
        return {"pro": self.routing_dial_pro, "premium": self.routing_dial_premium}.get(
            tier or "", self.routing_dial_free
        )


class LimitSettings(Area):
    rate_limit_free: RequestsAMinute = 60
    """Requests a minute for a learner of the tier `free`."""
    rate_limit_pro: RequestsAMinute = 300
    """The same for `pro`."""
    rate_limit_premium: RequestsAMinute = 1_000
    """The same for `premium`, and for administrators."""
    rate_limit_address: RequestsAMinute = 300
    """Requests a minute from one address (of IPv6 its first 64 bits) by whoever is not signed in."""
    redis_url: SecretStr | None = None
    """`redis://host:6379/0` or `rediss://…`: limits of several workers are counted there; unset: in the database, at \
a write for each request. Needs the extra `redis`."""


class CostSettings(Area):
    prices_file: Path | None = None
    """A TOML file with prices that go before the built-in table; docs/costs.md shows one."""
    unpriced_call_ceiling: Annotated[Decimal, Field(ge=0, le=1_000)] = Decimal("0.10")
    """Dollars that a call counts with against budgets when its model has no known price."""


class BenchmarkSettings(Area):
    benchmark_every_hours: HoursOrOff = 12
    """How often all real models are benchmarked, 1 to 12 hours apart; `off`: only when somebody asks for it. The demo \
model is never asked by itself."""
    benchmark_cost_cap: Annotated[Decimal, Field(gt=0, le=10_000)] = Decimal("0.25")
    """Dollars that one run may cost at most, where whoever begins it names nothing else. Budgets hold as well."""
    benchmark_folder: Path | None = None
    """A folder of suite files with tests of yours, asked beside those that come with MasterX; \
`masterx benchmark lint` checks them."""
    benchmark_weights: dict[str, tuple[Weight, Weight, Weight]] = Field(default={})
    """What quality, speed and cost count for in a category, as JSON: `{"coding": [0.5, 0.3, 0.2]}`. Categories \
that are not named keep the standard of docs/benchmarks.md."""
    benchmark_call_seconds: Seconds = 60
    """The longest that a model may take for one test."""
    benchmark_at_once: Annotated[int, Field(ge=1, le=256)] = 8
    """How many tests are asked at once, of all models together."""
    benchmark_at_once_of_a_provider: Annotated[int, Field(ge=1, le=64)] = 2
    """The same for one provider."""

    @field_validator("benchmark_weights")
    @classmethod
    def _something_counts(cls, weights: dict[str, tuple[float, float, float]]) -> dict[str, tuple[float, float, float]]:
        if any(sum(each) <= 0 for each in weights.values()):
            raise ValueError("of three weights one is more than 0")
        return weights


class AlertSettings(Area):
    alert_urls: tuple[SecretStr, ...] = ()
    """Who is told, as a JSON list of addresses that apprise knows (`slack://…`, `mailtos://…`, `jsons://host/path`). \
Needs the extra `alerts`; without it alerts are in the log and at `/api/v1/admin/alerts`."""
    alert_allow_private: bool = False
    """Whether such an address may lead to this machine or into a private network."""
    alert_hourly_dollars: Annotated[float, Field(gt=0, le=1_000_000)] = 10
    """What the models may cost from one full hour to the next before an alert; it stops nothing, budgets do."""
    alert_daily_dollars: Annotated[float, Field(gt=0, le=1_000_000)] = 100
    """The same for a day, UTC."""
    alert_error_rate: Annotated[float, Field(gt=0, le=1)] = 0.2
    """The share of calls to models that may fail in an hour, of 20 or more."""
    alert_disk_free_mib: Annotated[int, Field(ge=1)] = 1_024
    """How much room has to be left on the disk of the data directory."""
    alert_backlog_seconds: Seconds = 2
    """How long a write to the database may wait."""
    metrics_token: Annotated[SecretStr, Field(min_length=16)] | None = None
    """Lets Prometheus read `/metrics` as a bearer token, 16 characters or more; unset: administrators only."""


class LoggingSettings(Area):
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """The least severe line that is written."""
    log_format: Literal["auto", "json", "console"] = "auto"
    """One JSON object a line, or coloured text; auto: text on a terminal, JSON otherwise."""


class LocalModelSettings(Area):
    local_model: bool = True
    """Whether the built-in demo model answers while no other model is configured."""
    local_model_path: Path | None = None
    """A GGUF file to use in place of the built-in one."""
    find_local_servers: bool = True
    """Whether Ollama and llama.cpp are looked for at their ports on this machine, and used without being configured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    server: ServerSettings
    store: StoreSettings
    backup: BackupSettings
    accounts: AccountSettings
    mail: MailSettings
    turn: TurnSettings
    routing: RoutingSettings
    practice: PracticeSettings
    costs: CostSettings
    benchmarks: BenchmarkSettings
    limits: LimitSettings
    alerts: AlertSettings
    logging: LoggingSettings
    local_model: LocalModelSettings

    def with_server(self, **changes: object) -> Settings:
        """The same settings with some of the server's replaced; raises `pydantic.ValidationError`."""
        server = ServerSettings.model_validate({**self.server.model_dump(), **changes})
        return replace(self, server=server)


AREAS: dict[str, type[Area]] = {
    "server": ServerSettings,
    "store": StoreSettings,
    "backup": BackupSettings,
    "accounts": AccountSettings,
    "mail": MailSettings,
    "turn": TurnSettings,
    "routing": RoutingSettings,
    "practice": PracticeSettings,
    "costs": CostSettings,
    "benchmarks": BenchmarkSettings,
    "limits": LimitSettings,
    "alerts": AlertSettings,
    "logging": LoggingSettings,
    "local_model": LocalModelSettings,
}


def load_settings(env_file: Path | None = ENV_FILE) -> Settings:
    """Raises `ConfigurationError` that names every variable at fault, never its value."""
    faults: list[str] = []
    areas: dict[str, Any] = {}
    for name, area in AREAS.items():
        try:
            areas[name] = area(_env_file=env_file)
        except ValidationError as error:
            faults += [
                f"MASTERX_{'_'.join(str(part) for part in fault['loc']).upper()}: {fault['msg']}"
                for fault in error.errors(include_input=False, include_context=False, include_url=False)
            ]
    if faults:
        raise ConfigurationError("These settings cannot be used:\n  " + "\n  ".join(faults))
    return Settings(**areas)
