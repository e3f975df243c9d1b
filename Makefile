# Two commands: `make demo` and `make test`. Everything else is a part of them.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup assets demo run serve dagster lock reference sbom audit test test-slow check bench clean

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ROWS ?= 60000
SEED ?= 1

help:  ## What can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

setup: .setup-stamp assets  ## Install everything that the platform needs (no container, no service)

.setup-stamp: requirements.lock pyproject.toml scripts/setup.sh
	@PYTHON="$(PYTHON)" scripts/setup.sh
	@touch $@

assets: .setup-stamp  ## Compile the stylesheet (needs Node; taken from PyPI where the system has none)
	@PYTHON="$(PYTHON)" scripts/assets.sh

demo: setup  ## Make the sample, run the main job, publish, and serve on http://127.0.0.1:8000
	@$(BIN)/marketplace sample make --rows $(ROWS) --seed $(SEED)
	@$(BIN)/python -m orchestration || [ $$? -eq 1 ]
	@exec $(BIN)/marketplace serve

run: setup  ## Run the main job once, on MARKETPLACE_SOURCES or the sample
	@$(BIN)/python -m orchestration

serve: setup  ## Serve the marketplace
	@$(BIN)/marketplace serve

dagster: setup  ## Open Dagster's own pages over the same definitions
	@scripts/dagster.sh

test: setup  ## Lint, type-check and test: what CI runs, less the slow suites
	@scripts/check.sh
	@$(BIN)/pytest -n 2 --dist loadfile -m "not slow and not real_data"

test-slow: setup  ## The slow suites: real data, every kill point, the whole browser journey
	@$(BIN)/pytest -m "slow or real_data"

bench: setup  ## Measure what docs/performance.md claims, as ratios in one run
	@$(BIN)/python -m benchmarks

clean:  ## Remove what was installed and made (the lake in .marketplace stays)
	rm -rf $(VENV) .setup-stamp node_modules marketplace/web/static/build dbt_project/target

lock:  ## Pin the packages anew after a change of requirements.in
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate requirements-dev.in -o requirements.lock

sbom: setup  ## Write build/sbom.cdx.json, the bill of materials (CycloneDX); needs no network
	@scripts/sbom.sh

audit: setup  ## Hold every locked package against known vulnerabilities (asks osv.dev)
	@scripts/audit.sh

reference: setup  ## Write docs/reference from the code
	@$(BIN)/python -m scripts.reference_pages
