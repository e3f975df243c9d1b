#!/usr/bin/env bash
# Installs the locked packages into .venv: Python 3.11+ is all that the machine must have.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '%s\n' "$*"; }
stop() { printf 'Set-up stopped: %s\n' "$*" >&2; exit 1; }

command -v "$PYTHON" >/dev/null || stop "\`$PYTHON\` was not found. Install Python 3.11 or newer, or name one: make PYTHON=python3.12"
"$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
  stop "\`$PYTHON\` is $("$PYTHON" -V 2>&1); Python 3.11 or newer is needed. Name one: make PYTHON=python3.12"
free_mb=$(df -Pm . | awk 'NR == 2 {print $4}')
[ "$free_mb" -ge 3000 ] || [ -d .venv ] || stop "only ${free_mb} MB are free on this disk; 3000 MB are needed."

if command -v uv >/dev/null; then
  uv=uv
else
  uv=.venv-bootstrap/bin/uv
  if [ ! -x "$uv" ]; then
    say "Fetching uv, the installer"
    "$PYTHON" -m venv .venv-bootstrap
    .venv-bootstrap/bin/python -m pip install --quiet uv==0.13.9 || stop "uv could not be installed; is a package index reachable?"
  fi
fi

say "Installing $(grep -c '==' requirements.lock) locked packages into .venv"
[ -x .venv/bin/python ] || "$uv" venv --quiet --python "$PYTHON" .venv
# Compiled now: nothing else writes bytecode where site-packages or the environment forbids it, and
# every command would compile 3,000 modules again.
"$uv" pip sync --quiet --compile-bytecode --python .venv/bin/python requirements.lock
"$uv" pip install --quiet --python .venv/bin/python --no-deps --editable .
say "Parsing the dbt project"
.venv/bin/python -m orchestration.prepare
say "Ready."
