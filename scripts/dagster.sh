#!/usr/bin/env bash
# Dagster's own pages over the same definitions, with its runs kept in the home folder.
set -euo pipefail
cd "$(dirname "$0")/.."
home="${MARKETPLACE_HOME:-.marketplace}"
mkdir -p "$home/dagster"
export DAGSTER_HOME="${DAGSTER_HOME:-$(cd "$home/dagster" && pwd)}"
[ -f "$DAGSTER_HOME/dagster.yaml" ] || printf 'telemetry:\n  enabled: false\n' >"$DAGSTER_HOME/dagster.yaml"
exec .venv/bin/dagster dev -m orchestration.definitions -h 127.0.0.1 -p "${DAGSTER_PORT:-3000}"
