#!/usr/bin/env bash
# What a reviewer would check by eye: format, lint, types, dependency rules, SQL, definitions.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=.venv/bin

step() { printf '\n== %s\n' "$*"; "$@"; }

step $bin/ruff format --check .
step $bin/ruff check .
step $bin/mypy
step $bin/lint-imports --no-cache
step $bin/sqlfluff lint --processes 2 dbt_project/models
step $bin/dagster definitions validate -m orchestration.definitions --log-level error
