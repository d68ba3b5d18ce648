"""Create the database that MASTERX_DATABASE_URL names, or bring it up to date: the same as `masterx init`.

Kept under the name that the specification gives it. `--dry-run` says what would be done.
"""

from __future__ import annotations

import sys

from masterx.cli.main import run

if __name__ == "__main__":
    sys.argv[1:1] = ["init"]
    run()
