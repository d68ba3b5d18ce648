"""Settings of a server that a test starts in its own process: nothing from the environment, no model."""

from __future__ import annotations

from pathlib import Path

from masterx.settings import (
    AccountSettings,
    AlertSettings,
    BackupSettings,
    BenchmarkSettings,
    CostSettings,
    LimitSettings,
    LocalModelSettings,
    LoggingSettings,
    MailSettings,
    PracticeSettings,
    RoutingSettings,
    ServerSettings,
    Settings,
    StoreSettings,
    TurnSettings,
)


def make_settings(data_dir: Path) -> Settings:
    return Settings(
        server=ServerSettings(_env_file=None),
        store=StoreSettings(_env_file=None, data_dir=data_dir),
        backup=BackupSettings(_env_file=None),
        accounts=AccountSettings(_env_file=None),
        mail=MailSettings(_env_file=None),
        turn=TurnSettings(_env_file=None),
        routing=RoutingSettings(_env_file=None),
        practice=PracticeSettings(_env_file=None),
        costs=CostSettings(_env_file=None),
        benchmarks=BenchmarkSettings(_env_file=None),
        limits=LimitSettings(_env_file=None),
        alerts=AlertSettings(_env_file=None),
        logging=LoggingSettings(_env_file=None),
        local_model=LocalModelSettings(_env_file=None, local_model=False, find_local_servers=False),
    )
