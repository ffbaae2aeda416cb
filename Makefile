# Two commands: `make lab` opens the lab, `make test` checks it. Both set up what they need.

VENV ?= .venv
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && \
	{ echo $$p; break; }; done)
OLDEST ?= .venv-oldest
OLD_PYTHON ?= $(shell for p in python3.12 python3.11; do \
	$$p -c 'import venv' >/dev/null 2>&1 && { echo $$p; break; }; done)
PICTURES ?= assets/pictures
run = $(VENV)/bin/python

.PHONY: lab test test-all test-oldest bench environment environment-dev check

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
	@$(run) make/side_by_side.py \
		'$(run) -m pytest -q -m "not slow and not browser"' \
		'$(run) -m pytest -q -p no:cacheprovider -m "not slow and browser"'

test-all: check
	@$(run) -m pytest -q

# The oldest end of every range, for which there are no packages for Python 3.13 or newer.
test-oldest:
	@test -n "$(OLD_PYTHON)" || { echo "The oldest versions need Python 3.12 or 3.11; none is here."; exit 1; }
	@$(OLD_PYTHON) make/environment.py $(OLDEST) requirements-dev.txt requirements-oldest.txt
	@$(OLDEST)/bin/python -m pytest -q -m "not slow and not browser"

bench: environment-dev
	@PICTURES="$(PICTURES)" $(run) -m tests.bench $(TABLES)
