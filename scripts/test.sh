#!/usr/bin/env bash
# Install what the tests need, then run them; arguments go to pytest.
#
# Chromium and Redis come from Debian where they are missing and this user may install packages. Where they cannot
# be had, their tests are skipped and the summary says how many. Of Chromium the shell without windows is enough, and
# takes a third of the time; a whole one serves where that cannot be had.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

has_shell() { [[ -n ${MASTERX_TEST_CHROMIUM:-} ]] || command -v chromium-headless-shell; }
has_chromium() { has_shell || command -v chromium || command -v chromium-browser; }
has_redis() { command -v redis-server; }

as_root() {
  if [[ $(id -u) == 0 ]]; then "$@"; else sudo --non-interactive "$@"; fi
}

may_install() {
  command -v apt-get && { [[ $(id -u) == 0 ]] || sudo --non-interactive true; }
}

install() {
  # In runlevel 1 nothing is started: tests need the program, not a service.
  as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 bash -c '
    apt-get update -qq && apt-get install --yes -qq --no-install-recommends "$@"' - "$@" >/dev/null
}

install_servers() {
  local packages=()
  has_shell >/dev/null || packages+=(chromium-headless-shell)
  has_redis >/dev/null || packages+=(redis-server)
  ((${#packages[@]})) || return 0
  if may_install >/dev/null 2>&1; then
    echo "Installing from Debian: ${packages[*]}"
    for package in "${packages[@]}"; do install "$package" || echo "apt-get could not install $package."; done
  fi
  has_chromium >/dev/null || echo "No Chromium, and this user may not install it. Tests that need it will be skipped."
  has_redis >/dev/null || echo "No Redis, and this user may not install it. Tests that need it will be skipped."
}

scripts/install.sh dev
install_servers
if (($# == 0)); then
  # A file's tests stay together, so that they share what they set up; the order is that of tests/conftest.py. Three
  # processes: on two cores, one of them waits for a server or a clock at most times.
  set -- --numprocesses 3 --dist loadfile --no-loadscope-reorder
fi
# As in a server, numpy's threads would wait by spinning, beside tests that need the processor.
export OPENBLAS_NUM_THREADS="${OPENBLAS_NUM_THREADS:-1}"
exec .venv/bin/python -m pytest "$@"
