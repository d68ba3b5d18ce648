"""`python -m masterx` is `masterx`."""

from masterx.cli.main import run

run()
