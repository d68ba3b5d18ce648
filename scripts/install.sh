#!/usr/bin/env bash
# Build .venv from a lock in requirements/ and put MasterX into it.
#
#   scripts/install.sh run    what a server needs
#   scripts/install.sh dev    that, every extra, and what tests and checks need
#
# Only what a lock names is installed, and only files whose hash it holds. A stamp in .venv remembers what was
# installed, so that a second run returns at once. PYTHON=... chooses the interpreter. The package index is the one
# that pip is configured for.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly lock="${1:-run}"
readonly venv=.venv
readonly python="$venv/bin/python"

say() { printf '%s\n' "$*"; }
fail() { printf 'MasterX cannot be installed: %s\n' "$*" >&2; exit 1; }

# What an installation depends on: the lock, the package's own metadata, and where the environment lies.
fingerprint() { cksum pyproject.toml "requirements/$1.txt" requirements/uv.txt; pwd; }
stamp() { printf '%s/installed-%s' "$venv" "$1"; }
is_current() { [[ -x $venv/bin/masterx && -f $(stamp "$1") && $(fingerprint "$1") == "$(<"$(stamp "$1")")" ]]; }
runs() { "$python" -c '' 2>/dev/null; }

is_supported() {
  [[ $("$1" -c 'import sys; print(sys.version_info >= (3, 11) or sys.version.split()[0])' 2>/dev/null) == True ]]
}

find_python() {
  local candidate candidates=(python3 python3.11 python3.12 python3.13 python)
  [[ -z ${PYTHON:-} ]] || candidates=("$PYTHON")
  for candidate in "${candidates[@]}"; do
    if command -v "$candidate" >/dev/null && is_supported "$candidate"; then
      command -v "$candidate"
      return
    fi
  done
  local found
  found=$("${candidates[0]}" --version 2>/dev/null || echo missing)
  fail "it needs Python 3.11 or newer, and ${candidates[0]} is $found. Name one: make install PYTHON=/path/to/python3.11"
}

make_environment() {
  local base
  base=$(find_python)
  say "Making $venv with $("$base" --version) ($base)"
  "$base" -c 'import ensurepip, venv' 2>/dev/null ||
    fail "$base has no venv or ensurepip module. On Debian and Ubuntu: apt-get install python3-venv"
  rm -rf "$venv"
  "$base" -m venv "$venv"
}

# A value from pip's own configuration: environment first, then its files.
pip_setting() { sed -n "s/^[a-z:]*\.$1='\(.*\)'\$/\1/p" <<<"$pip_settings" | sed 's/\\n/ /g' | head -n 1; }

# Set a variable that has no value yet.
prefer() { [[ -z $2 || -n ${!1:-} ]] || export "$1=$2"; }

# uv has settings of its own; a machine that is set up for pip should not need a second set.
use_pip_settings() {
  local pip_settings value
  pip_settings=$("$python" -m pip config list 2>/dev/null || true)
  value=$(pip_setting index-url) && prefer UV_DEFAULT_INDEX "$value"
  value=$(pip_setting extra-index-url) && prefer UV_INDEX "$value"
  value=$(pip_setting find-links) && prefer UV_FIND_LINKS "${value// /,}"
  value=$(pip_setting cert) && prefer SSL_CERT_FILE "$value"
  # The hashes decide which files are good, so it does not matter which index offers them.
  export UV_INDEX_STRATEGY=unsafe-best-match
  mkdir -p "$("$venv/bin/uv" cache dir 2>/dev/null)" 2>/dev/null || export UV_NO_CACHE=1
}

install_uv() {
  "$venv/bin/uv" --version >/dev/null 2>&1 && return
  say "Fetching uv, which installs the rest"
  "$python" -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes \
    --requirement requirements/uv.txt
}

with_uv() {
  install_uv && use_pip_settings &&
    "$venv/bin/uv" pip install --python "$python" --compile-bytecode --no-deps --require-hashes \
      --requirement "requirements/$lock.txt" &&
    "$venv/bin/uv" pip install --python "$python" --no-deps --no-build-isolation --editable .
}

with_pip() {
  local pip=("$python" -m pip install --disable-pip-version-check --no-deps)
  "${pip[@]}" --require-hashes --requirement "requirements/$lock.txt" &&
    "${pip[@]}" --no-build-isolation --editable .
}

[[ $lock == run || $lock == dev ]] || fail "there is no lock named $lock; say run or dev"

# The development environment holds everything that the server needs, in the same versions.
if { is_current "$lock" || is_current dev; } && runs; then
  exit 0
fi
if ! runs || [[ -f $venv/location && $(<"$venv/location") != "$PWD" ]]; then
  make_environment
  pwd >"$venv/location"
fi
say "Installing requirements/$lock.txt ($(grep -c '==' "requirements/$lock.txt") packages) into $venv"
with_uv || { say "uv could not do it; trying pip, which takes longer"; with_pip; } ||
  fail "a package could not be fetched or its hash is wrong (see above). Running it again goes on where it stopped."
fingerprint "$lock" >"$(stamp "$lock")"
say "Installed in ${SECONDS} s: $venv/bin/masterx"
