#!/usr/bin/env bash
# Make the encoder's model anew: DATA BASE [VERSION]. An hour of one core; see training/README.md.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

data=${1:?the folder with goemotions, emobank and routellm}
base=${2:?the folder with the weights of all-MiniLM-L6-v2}
version=${3:-$(date +%Y-%m-%d)}
venv=.bench/train
run=$venv/run

[[ -x $venv/bin/python ]] || "${PYTHON:-python3}" -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --requirement training/requirements.txt
export PYTHONPATH=src:.
python() { nice -n 10 "$venv/bin/python" -m "$@"; }

python training.own_text
python training.train_words "$data" --out "$venv/words.npz"
python training.train_encoder "$data" --base "$base" --out "$run" --originals "$venv"
python training.average_weights "$run"
python training.train_heads "$data" --base "$base" --run "$run"
python training.export "$data" --base "$base" --run "$run" --words "$venv/words.npz" --version "$version"
