#!/usr/bin/env bash
# Install what the tests need, then run them; arguments go to pytest.
#
# Chromium and Redis come from Debian where they are missing and this user may install packages. Where they cannot
# be had, their tests are skipped and the summary says how many.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

has_chromium() { [[ -n ${MASTERX_TEST_CHROMIUM:-} ]] || command -v chromium || command -v chromium-browser; }
has_redis() { command -v redis-server; }

as_root() {
  if [[ $(id -u) == 0 ]]; then "$@"; else sudo --non-interactive "$@"; fi
}

may_install() {
  command -v apt-get && { [[ $(id -u) == 0 ]] || sudo --non-interactive true; }
}

install_servers() {
  local packages=()
  has_chromium >/dev/null || packages+=(chromium)
  has_redis >/dev/null || packages+=(redis-server)
  ((${#packages[@]})) || return 0
  if ! may_install >/dev/null 2>&1; then
    echo "Not installed, and this user may not install it: ${packages[*]}. Tests that need it will be skipped."
    return
  fi
  echo "Installing from Debian: ${packages[*]}"
  # In runlevel 1 nothing is started: tests need the program, not a service.
  as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 bash -c '
    apt-get update -qq && apt-get install --yes -qq --no-install-recommends "$@"' - "${packages[@]}" >/dev/null ||
    echo "apt-get could not install ${packages[*]}. Tests that need it will be skipped."
}

scripts/install.sh dev
install_servers
if (($# == 0)); then
  # A file's tests stay together, so that they share what they set up; the order is that of tests/conftest.py.
  set -- --numprocesses 2 --dist loadfile --no-loadscope-reorder
fi
exec .venv/bin/python -m pytest "$@"
