# Two commands matter: `make run` and `make test`. Both work on a fresh clone with python3, pip and make alone,
# from a path with spaces, and offline once everything is installed.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python

.PHONY: run test install install-run check bench clean

run: $(VENV)/.run
	"$(PY)" -m bot serve

test: $(VENV)/.dev
	"$(PY)" -m pytest -q -n auto --dist worksteal

install: $(VENV)/.dev

install-run: $(VENV)/.run

check: $(VENV)/.dev
	"$(PY)" -m ruff check .
	"$(PY)" -m ruff format --check .
	"$(PY)" -m mypy
	"$(PY)" -m bot faq check

bench: $(VENV)/.dev
	"$(PY)" -m bot bench

# No ensurepip is needed: the system's pip installs into the environment from outside.
$(PY):
	@"$(PYTHON)" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || { echo "Python 3.11, 3.12 or 3.13 is needed; say which with: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 2; }
	@"$(PYTHON)" -m pip --version >/dev/null 2>&1 || { echo "pip is needed (Debian: apt-get install python3-pip)" >&2; exit 2; }
	"$(PYTHON)" -m venv --without-pip "$(VENV)"

$(VENV)/.run: requirements.lock pyproject.toml | $(PY)
	@if [ ! -e "$(VENV)/.dev" ]; then "$(PYTHON)" -m pip --disable-pip-version-check --python "$(PY)" install -q --no-warn-script-location --require-hashes -r requirements.lock; fi
	@"$(PY)" tools/link.py
	@touch "$@"

$(VENV)/.dev: requirements-dev.lock pyproject.toml | $(PY)
	"$(PYTHON)" -m pip --disable-pip-version-check --python "$(PY)" install -q --no-warn-script-location --require-hashes -r requirements-dev.lock
	@"$(PY)" tools/link.py
	@touch "$@" "$(VENV)/.run"

clean:
	rm -rf "$(VENV)" .pytest_cache .mypy_cache .ruff_cache
