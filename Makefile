# Two commands matter: `make demo` and `make test`. Both start from nothing but Python 3.11 or newer, make and git.

# The first python on the path that is new enough; PYTHON= names another.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$p" && break; done)
VENV := .venv/bin/python
LAUNCH := $(VENV) -m mats_portal.embedded --
PORT ?= 8000
RESET ?=
TESTS ?=
BENCH ?=
# Where there are two cores two processes share the suite, each with servers of its own; with given servers, one does it.
CORES = $(shell $(PYTHON) -c 'import os; print(min(2, len(os.sched_getaffinity(0))))' 2>/dev/null || echo 1)
WORKERS ?= $(if $(DATABASE_URL),1,$(CORES))

.DEFAULT_GOAL := help
.PHONY: help demo install test lint format bench pages calibration requirements states prove screenshots lock python system-packages

help:  ## Show this list
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 16

python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed and was not found; PYTHON= names one." >&2; exit 1; }

demo: python  ## Run the portal with an invented cohort on this machine (PORT=8000, RESET=1 starts over)
	@$(PYTHON) .ci/install requirements-demo.lock
	@exec env PORT="$(PORT)" RESET="$(RESET)" $(VENV) -m mats_portal.demo

install: python  ## Make .venv with everything for development
	@$(PYTHON) .ci/install requirements-dev.lock

test: install system-packages lint  ## Run linters and the whole suite (TESTS= names a part, WORKERS=1 one process)
	$(VENV) -m mats_portal.embedded --sets $(WORKERS) -- $(VENV) -m pytest $(if $(filter-out 1,$(WORKERS)),-n $(WORKERS)) $(TESTS)

system-packages:
	@.ci/system-packages

lint: install  ## Check style, types, layers and templates
	$(VENV) -m ruff check .
	$(VENV) -m ruff format --check .
	.ci/lint-templates
	$(VENV) -c "from importlinter.cli import lint_imports_command as lint; lint()"
	$(LAUNCH) $(VENV) -m mypy

format: install  ## Put code and templates into the house style
	$(VENV) -m ruff check --fix .
	$(VENV) -m ruff format .
	.ci/lint-templates --fix

bench: install  ## Measure speed (BENCH= gives options, such as "--sizes 1000")
	$(LAUNCH) $(VENV) -m benchmarks $(BENCH)

pages: install  ## Print bytes, requests and queries of every page beside their budgets
	$(LAUNCH) $(VENV) -m benchmarks.weights

calibration: install  ## Simulate readers of known severity, and draw docs/calibration.md again
	$(LAUNCH) $(VENV) -m benchmarks.calibration_truth --write

requirements: python  ## Print which tests show which requirement, and which are open
	@$(PYTHON) .ci/requirements

states: install  ## Draw the diagrams of docs/states.md again
	$(LAUNCH) $(VENV) manage.py draw_states

prove: install system-packages  ## Run the full-size proofs; takes hours
	$(LAUNCH) $(VENV) -m pytest -m prove $(TESTS)

screenshots: install system-packages  ## Draw the pictures of the README again
	$(LAUNCH) $(VENV) -m mats_portal.demo.screenshots

COMPILE := $(VENV) -m uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate --quiet
lock: install  ## Resolve the newest packages anew and pin them
	$(COMPILE) --upgrade --output-file requirements.lock
	$(COMPILE) --upgrade --group demo --constraint requirements.lock --output-file requirements-demo.lock
	$(COMPILE) --upgrade --group dev --constraint requirements-demo.lock --output-file requirements-dev.lock
