"""SecantusDB with what its command line does not offer: `python mongodb_process.py PORT FOLDER TRANSACTION_SECONDS`.

A transaction that its client left open is ended after so many seconds, as `transactionLifetimeLimitSeconds` has a
MongoDB server do.
"""

from __future__ import annotations

import signal
import sys
from types import FrameType

from secantus.server import SecantusDBServer


def main(port: str, folder: str, transaction_seconds: str) -> None:
    server = SecantusDBServer(
        port=int(port),
        storage_path=folder,
        cache_size="256M",
        session_max=400,
        sync_on_commit=True,
        transaction_lifetime_seconds=float(transaction_seconds),
    )

    def stop(_number: int, _frame: FrameType | None) -> None:
        server.stop()
        sys.exit(0)

    signal.signal(signal.SIGTERM, stop)
    server.start()
    server.wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
