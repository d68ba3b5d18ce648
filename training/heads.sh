#!/usr/bin/env bash
# Fit the heads for category, state and distress anew on the network that is shipped: DATA [DATE]. Three minutes of a core.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

data=${1:?the folder with goemotions and routellm}
fitted=${2:-$(date +%Y-%m-%d)}
venv=.bench/train

[[ -x $venv/bin/python ]] || "${PYTHON:-python3}" -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --requirement training/requirements.txt
export PYTHONPATH=src:.
"$venv/bin/python" -m training.own_text
nice -n 10 "$venv/bin/python" -m training.train_heads "$data" --fitted "$fitted"
