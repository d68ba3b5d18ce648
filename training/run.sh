#!/usr/bin/env bash
# Make the encoder's model anew: DATA BASE [VERSION]. Hours of one core; see training/README.md.
# With FAST=1 every stage runs on a few texts in minutes, and what comes of it stays in .bench/train/fast.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

data=${1:?the folder with goemotions, emobank and routellm}
base=${2:?the folder with the weights of all-MiniLM-L6-v2}
version=${3:-$(date +%Y-%m-%d)}
venv=.bench/train
work=$venv/made
few=() steps=8828 kept=4500 more=1910 cooldown=0.3717 out=() heads=()
if [[ -n ${FAST:-} ]]; then
  work=$venv/fast
  few=(--texts 400) steps=12 kept=6 more=8 out=(--out "$work/model" --figures "$work/figures.json")
  heads=(--model "$work/model" --figures "$work/figures.json")
fi
mkdir -p "$work"

[[ -x $venv/bin/python ]] || "${PYTHON:-python3}" -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --requirement training/requirements.txt
export PYTHONPATH=src:.
python() { nice -n 10 "$venv/bin/python" -m "$@"; }
words=(--words "$work/words.npz")

python training.own_text
python training.train_words "$data" --out "$work/words.npz" --unseen "$work/unseen.npy" "${few[@]}"
python training.train_encoder "$data" --base "$base" --out "$work/first" --originals "$work" \
  --steps "$steps" --keep-at "$kept" "${few[@]}"
python training.teacher "$data" --base "$base" --out "$work/teacher.npz" \
  --weights "$work/first/kept.pt" "$work/first/average.pt" "${few[@]}"
python training.train_encoder "$data" --base "$base" --out "$work/second" --originals "$work" \
  --start "$work/first/kept.pt" --teacher "$work/teacher.npz" --taught 0.5 \
  "${words[@]}" --unseen "$work/unseen.npy" --word-share 0.25 \
  --steps "$more" --cooldown "$cooldown" --rate 1.5e-4 --head-rate 4e-4 --hold 2.5 --seed 2 "${few[@]}"
python training.average_weights --out "$work/mean/average.pt" \
  0.5="$work/second/average.pt" 0.3="$work/first/kept.pt" 0.2="$work/first/average.pt"
python training.train_word_dimensions "$data" "${words[@]}" "${few[@]}"
python training.export "$data" --base "$base" --run "$work/mean" "${words[@]}" --version "$version" \
  "${out[@]}" "${few[@]}"
python training.train_heads "$data" --fitted "$version" "${heads[@]}" "${few[@]}"
