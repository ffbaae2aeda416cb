# Two commands: `make lab` opens the lab, `make test` checks it. Both set up what they need.

VENV ?= .venv
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && \
	{ echo $$p; break; }; done)
PICTURES ?= assets/pictures
run = $(VENV)/bin/python

.PHONY: lab test test-all bench environment environment-dev check

lab: environment
	@$(run) -m apps.lab

environment environment-dev:
	@test -n "$(PYTHON)" || { echo "Ascent needs Python 3.11 or newer, and found none."; exit 1; }
	@$(PYTHON) make/environment.py $(VENV) $(if $(filter %-dev,$@),requirements-dev.txt,requirements.txt)

check: environment-dev
	@$(run) -m ruff check .
	@$(run) -m ruff format --check .
	@$(run) -m pyright --pythonpath $(run)

test: check
	@$(run) -m pytest -q -m "not slow"

test-all: check
	@$(run) -m pytest -q

bench: environment-dev
	@PICTURES="$(PICTURES)" $(run) -m tests.bench $(TABLES)
