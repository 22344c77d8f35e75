# park-gateway: everything sets itself up. `make demo` needs Python 3.11 or later with venv; `make test` also Debian packages.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PROFILE ?=
WORKERS ?= $(shell n=$$(nproc); echo $$((n < 4 ? n : 4)))

.PHONY: help demo test check bench pictures lock clean
.DEFAULT_GOAL := help

help:  ## what there is to make
	@sed -n 's/^\([a-z]*\):.*## /make \1\t/p' $(MAKEFILE_LIST) | expand -t 14

demo: $(VENV)/installed  ## a simulated park and the gateway, with a link per role to log in
	@$(BIN)/park-gateway demo

test: $(VENV)/installed-dev  ## format, lint, types, import layers, all tests (installs the Debian packages it needs)
	@.ci/packages
	@.ci/checks
	@$(BIN)/python -m compileall -q gateway drivers rules  # hundreds of processes start: not each compiles anew
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile

check: $(VENV)/installed-dev  ## the fast part of `make test`: no servers
	@.ci/checks
	$(BIN)/python -m pytest tests/unit tests/contract -q

bench: $(VENV)/installed-dev  ## cost per value and per message; PROFILE=1 also writes profiles under build/
	$(BIN)/python -m tests.bench $(if $(PROFILE),--profile,)

pictures: $(VENV)/installed-dev  ## the guides' pictures anew, from a demo (Chromium; best by day in China)
	@$(BIN)/python -m tests.pictures

lock: $(VENV)/made  ## new versions of all packages, with hashes
	$(BIN)/python -m pip install --quiet pip-tools
	$(BIN)/pip-compile --quiet --upgrade --generate-hashes --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --strip-extras --allow-unsafe \
		--no-header --output-file requirements.lock pyproject.toml
	$(BIN)/pip-compile --quiet --upgrade --generate-hashes --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --strip-extras --allow-unsafe \
		--no-header --extra dev --constraint requirements.lock --output-file requirements-dev.lock pyproject.toml

clean:  ## remove what was made (the environment, build output, the demo's data)
	rm -rf $(VENV) build dist *.egg-info demo-data

$(VENV)/made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or later is needed; this is $$($(PYTHON) --version). Try: make PYTHON=python3.11" >&2; exit 69; }
	@$(PYTHON) -m venv $(VENV) || { echo "no venv: apt-get install python3-venv" >&2; rm -rf $(VENV); exit 69; }
	@touch $@

$(VENV)/installed: $(VENV)/made requirements.lock pyproject.toml
	@echo "installing packages into $(VENV) (a minute, once)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed requirements-dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@
