#!/usr/bin/env bash
# Write requirements/*.txt anew from pyproject.toml: every version exact, every file by hash, for every platform.
# Versions that are locked stay as they are; with --upgrade, everything moves to its newest release.
# No index address ends up in the files: each machine uses the index that it is configured for.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

uv=.venv/bin/uv
options=(--quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header "$@")

echo uv | "$uv" pip compile - "${options[@]}" --output-file requirements/uv.txt
"$uv" pip compile pyproject.toml --all-extras --group dev --group build "${options[@]}" \
  --output-file requirements/dev.txt
"$uv" pip compile pyproject.toml --extra local --group build --constraints requirements/dev.txt "${options[@]}" \
  --output-file requirements/run.txt
"$uv" pip compile pyproject.toml --extra redis --extra alerts --group build \
  --constraints requirements/dev.txt "${options[@]}" --output-file requirements/hosts.txt
wc --lines requirements/*.txt
