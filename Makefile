# Every target sets up what it needs. `make help` lists them.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
ONCE   ?=

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 12

$(STAMP): requirements-dev.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(STAMP)

.PHONY: setup
setup: $(STAMP) ## create .venv with the locked packages

.PHONY: demo
demo: $(STAMP) ## play ten days of two fictional teams (ONCE=1: end after the play)
	@$(BIN)/python -m sandbox.demo $(if $(ONCE),--once)

.PHONY: test
test: lint types contracts ## everything CI runs
	$(BIN)/pytest -n 2 --cov --cov-fail-under=100 --cov-report=term-missing:skip-covered

.PHONY: quick
quick: lint types contracts ## what a commit must pass (at most 90 s)
	$(BIN)/pytest -n 2 -m "not slow"

.PHONY: bench
bench: $(STAMP) ## measure every speed claim against its peer (build/bench.json)
	$(BIN)/python -m benchmarks

.PHONY: attack
attack: $(STAMP) ## the release rules against linear programming, at length
	OFFHOURS_ATTACK_CASES=1000 $(BIN)/pytest tests/digest/test_release_attack.py

.PHONY: chaos
chaos: $(STAMP) ## kill -9, faults of Slack and the database, at length (at most 20 min)
	OFFHOURS_CHAOS_EXAMPLES=100 $(BIN)/pytest -q tests/scenarios/test_state_machine.py
	$(BIN)/python -m tests.chaos

.PHONY: browser
browser: $(STAMP) ## look at the audit's page in a headless Chromium (CHROMIUM=path)
	$(BIN)/python -m tests.browser.look $(CHROMIUM)

.PHONY: lint
lint: $(STAMP) ## ruff: rules and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

.PHONY: format
format: $(STAMP) ## let ruff mend what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: types
types: $(STAMP) ## mypy, strict
	$(BIN)/mypy

.PHONY: contracts
contracts: $(STAMP) ## the import contracts
	$(BIN)/lint-imports

.PHONY: lock
lock: $(STAMP) ## resolve pyproject.toml into the two hashed lock files
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 -o requirements.lock pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 --extra dev -c requirements.lock -o requirements-dev.lock pyproject.toml

.PHONY: clean
clean: ## remove everything the targets made
	rm -rf $(VENV) build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
