# Needs python3 (3.11, 3.12 or 3.13) with its venv module, and PyPI. Everything goes into .venv and .embedded.

UV_VERSION := 0.13.9
PYTHON ?= python3
SERVE ?= 1
PORT ?= 8000
TEST_SIZE ?= small

PY := .venv/bin/python
UV := UV_PYTHON_DOWNLOADS=never .venv/bin/uv
EXPORT := export --frozen --all-extras --all-groups --no-group bench --no-emit-project --no-header --format requirements-txt
export PYTHONUTF8 := 1

E2E ?= tests/e2e
CHROMIUM ?= $(firstword $(wildcard /usr/bin/chromium /usr/bin/chromium-browser /usr/bin/google-chrome))

.PHONY: help demo test test-full e2e bench lint messages lock clean

help:
	@echo "make demo       the whole service on this machine, at http://localhost:$(PORT) (SERVE=0 stops after the table)"
	@echo "make test       the tests, at TEST_SIZE=small, ci or full"
	@echo "make test-full  the tests at full size"
	@echo "make e2e        the browser tests (need Chromium)"
	@echo "make bench      the engine and its peers, timed side by side (FAST=1: without 50,000 a country; HUGE=1: with 200,000)"
	@echo "make lint       style, types, import rules, migrations, lock files"
	@echo "make messages   collects and compiles the translations (needs GNU gettext)"
	@echo "make lock       writes uv.lock and requirements.lock anew from pyproject.toml"
	@echo "make clean      removes what the others made: .venv, .embedded with its data, caches"

# uv is quicker; requirements.lock holds the same versions for pip, with hashes.
.venv/installed: uv.lock requirements.lock
	@python=; for candidate in $(PYTHON) python3.13 python3.12 python3.11; do \
	  if $$candidate -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; \
	  then python=$$candidate; break; fi; done; \
	[ -n "$$python" ] || { echo "Python 3.11, 3.12 or 3.13 is needed; $(PYTHON) is: $$($(PYTHON) --version 2>/dev/null || echo missing)" >&2; exit 1; }; \
	$$python -c 'import ensurepip, venv' 2>/dev/null || { echo "Python's venv module is missing. On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }; \
	$(PY) -c 'import pip' 2>/dev/null || { echo "Installing into .venv"; $$python -m venv --clear .venv; }
	@if $(PY) -m pip install --quiet --disable-pip-version-check "uv==$(UV_VERSION)" \
	  && $(UV) sync --quiet --frozen --all-extras; then :; \
	else echo "uv could not install (its words are above); installing the same versions with pip instead."; \
	  $(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock; fi
	@touch $@

# The browser tests' packages, apart because they are large. The linters read those tests too.
.venv/e2e: .venv/installed
	@$(PY) -c 'import axe_playwright_python, playwright' 2>/dev/null || $(UV) sync --quiet --frozen --all-extras --inexact --group e2e
	@touch $@

demo: .venv/installed
	@DEMO=1 SITE_URL=http://localhost:$(PORT) $(PY) manage.py demo $(if $(filter 0,$(SERVE)),--no-serve)

# Tests that kill processes carry the mark `xdist_group("drill")`: loadgroup runs them one after another.
test: .venv/installed
	TEST_SIZE=$(TEST_SIZE) $(PY) -m pytest -n 2 --dist loadgroup

test-full: TEST_SIZE := full
test-full: test

e2e: .venv/e2e
	@[ -n "$(CHROMIUM)" ] || { echo "Chromium is missing. On Debian and Ubuntu: apt install chromium fonts-noto-cjk. Elsewhere: make e2e CHROMIUM=/path/to/it" >&2; exit 1; }
	CHROMIUM="$(CHROMIUM)" $(PY) -m pytest $(E2E)

# The peers' packages, beside what is installed already.
bench: .venv/installed
	@$(PY) -c 'import faiss, implicit, sklearn' 2>/dev/null || $(UV) sync --quiet --frozen --all-extras --inexact --group bench
	$(PY) -m benchmarks

lint: .venv/e2e
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	$(PY) manage.py makemigrations --check --dry-run
	$(UV) lock --check --quiet
	@$(UV) $(EXPORT) --quiet | diff -q - requirements.lock >/dev/null \
	  && echo "requirements.lock matches uv.lock" || { echo "requirements.lock does not match uv.lock: run make lock" >&2; exit 1; }

messages: .venv/installed
	@command -v msgfmt >/dev/null || { echo "GNU gettext is missing. On Debian and Ubuntu: apt install gettext" >&2; exit 1; }
	$(PY) manage.py makemessages --locale zh_Hans --add-location file --no-obsolete --ignore .venv --ignore .embedded
	$(PY) manage.py compilemessages --locale zh_Hans --ignore .venv --ignore .embedded

lock: .venv/installed
	$(UV) lock
	$(UV) $(EXPORT) --quiet --output-file requirements.lock

clean:
	@if [ -d .embedded ] && [ -x $(PY) ]; then $(PY) -m matchmaking.embedded remove; fi
	rm -rf .venv staticfiles .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
