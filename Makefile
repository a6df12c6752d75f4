# Two commands for a fresh clone: "make demo" and "make test". Both need Python 3.11 or newer and nothing else.
.DEFAULT_GOAL := help
.PHONY: help demo demo-reset test check format screenshots lighthouse benchmarks clean package dev services

BIN := .venv/bin
# Tests run on each core, but on four at most: each process has a PostgreSQL, a Redis and a Chromium of its own.
WORKERS ?= $(shell cores=$$(getconf _NPROCESSORS_ONLN); echo $$((cores < 2 ? 2 : cores > 4 ? 4 : cores)))
# Container images like to forbid bytecode; then each of our processes would compile every library anew: two seconds each.
export PYTHONDONTWRITEBYTECODE :=

help: ## Say what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

demo: package ## A small shop with its admin on http://127.0.0.1:8000 (PORT=8001 changes it)
	$(BIN)/python -m examples.demo

demo-reset: package ## Throw the demo's data away and start over
	$(BIN)/python -m examples.demo --reset

test: services check ## Everything: lint, types, PostgreSQL, Redis, Chromium, the wheel
	$(BIN)/pytest -n $(WORKERS) --dist worksteal $(PYTEST)

check: dev ## The quick part: lint, format, types, the order of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/lint-imports --no-logo

format: dev ## Let ruff repair and format everything
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

screenshots: services dev ## Take pictures of every page into screenshots/
	$(BIN)/python scripts/screenshots.py

benchmarks: dev ## Measure what the admin costs its host, as ratios
	$(BIN)/python -m benchmarks

lighthouse: dev ## Ask Lighthouse how accessible login, users and a role are (needs npm; 180 MB into .cache/)
	$(BIN)/python -m scripts.lighthouse

clean: ## Remove what was built and installed; the demo's data stays
	rm -rf .venv .cache .pytest_cache .ruff_cache dist build

package:
	@scripts/environment package

dev:
	@scripts/environment dev

services:
	@scripts/services
