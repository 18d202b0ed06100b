# Needs make and Python 3.11 or newer with venv; everything else goes into .venv.

ifeq ($(origin PYTHON), undefined)
PYTHON := $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo $$python && break; done)
endif
# The demo's data; remove them with `make clean-demo`.
FOLDER ?= .demo
# Tests wait for real parts more than they compute; each worker starts its own.
WORKERS ?= 3
# Tests of the gateway that run whole parts of it, and take their time.
NO_CODECS := custody flight relay serving standing_alone standings

BIN := .venv/bin
PIP := PIP_ROOT_USER_ACTION=ignore PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/python -m pip -qq
INSTALL := $(PIP) install --require-hashes --no-deps --only-binary :all: --progress-bar off
LOCK := uv pip compile pyproject.toml --quiet --universal --python-version 3.11 \
	--generate-hashes --no-header --all-extras
# Beside these the judging is measured, each in an environment of its own under .bench.
LIBRARIES := trackintel scikit-mobility movingpandas
BENCH_LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --only-binary :all: --override requirements/bench-overrides.txt

.PHONY: help env test check rules format lint types imports dependencies house coverage demo clean-demo \
	chaos soak-agent web test-web fuzz bench-agent bench-api bench-assess bench-gateway bench-ingest bench-keeping bench-loop bench-reading terminal lock clean relocate
.DELETE_ON_ERROR:

help:
	@echo "make demo             one simulated duty day on real parts, then the API's pages"
	@echo "make demo ONCE=1      the same, ends by itself: 0 when everything is accounted for"
	@echo "make clean-demo       remove the demo's data"
	@echo "make test             every test (ARGS='-k word' for some, WORKERS=0 in one process)"
	@echo "make web              build the screen into api/web (needs Node.js 20.19 or newer)"
	@echo "make test-web         the screen in a real Chromium, on the real API and a simulated day"
	@echo "make check            format, lint, types, imports, dependencies, coverage, house rules"
	@echo "make env              the environment alone, in .venv (PYTHON=... to choose one)"
	@echo "make chaos            faults under load, and whether anything was lost (ARGS='--faults 9')"
	@echo "make bench-agent      bytes a fix beside OwnTracks, memory, processor time, what a kill costs"
	@echo "make fuzz             bytes that no codec bears, by coverage (ARGS='gt06 --seconds 60 --keep')"
	@echo "make soak-agent       a month of the agent in minutes, killed, unplugged, cut off"
	@echo "make bench-api        how fast the API answers, and how many it keeps up with, beside plain queries"
	@echo "make bench-assess     speed and error of the judging beside other libraries"
	@echo "make bench-gateway    how many terminals the gateway bears, and how fast it answers them"
	@echo "make bench-ingest     from the broker to the database, beside COPY, paho and others"
	@echo "make bench-keeping    bytes a position, and what keeping costs (needs TimescaleDB)"
	@echo "make bench-loop       reports with photos, inboxes over 2 million orders, acts, beside plain ways"
	@echo "make bench-reading    columns out of the database, and how soon a live fix is judged"
	@echo "make terminal         dist/patrol.pyz: the agent and all it needs in one file, for any processor"
	@echo "make lock             renew requirements/*.lock (needs uv)"
	@echo "make clean            remove the environments, the caches and the demo's data"

env: .venv/.dev

test: .venv/.dev
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(ARGS)

check: rules house

# What no test of `make test` looks at.
rules: format lint types imports dependencies coverage

format: .venv/.dev
	$(BIN)/ruff format --check .

lint: .venv/.dev
	$(BIN)/ruff check .

types: .venv/.dev
	$(BIN)/mypy

imports: .venv/.dev
	$(BIN)/lint-imports

dependencies: .venv/.dev
	$(BIN)/deptry .

house: .venv/.dev
	$(BIN)/python -m pytest --quiet tests/house

# The rules decide about people: every branch of them is tested, by examples that are the same each
# time. What tests make up on their own, and what is no codec of the gateway, is left to `make test`.
coverage: .venv/.dev
	@NUMBA_DISABLE_JIT=1 $(BIN)/coverage run --branch --source=patrol,gateway.codecs -m pytest \
		--quiet -m "not hypothesis" $(NO_CODECS:%=--ignore=tests/unit/gateway/test_gateway_%.py) \
		tests/unit/patrol tests/unit/gateway
	@$(BIN)/coverage report --fail-under=100

# Types of the API first: a screen that asks for what is not there does not compile. Not `npm ci`:
# it refuses a lock without the parts for other processors, and not every registry has them.
web: .venv/.demo
	@command -v npm >/dev/null || { echo "The screen is not built: it needs Node.js 20.19 or newer, with npm." \
		"Everything else works without it."; exit 1; }
	@cd web && { cmp -s package-lock.json node_modules/.of.json || { \
		echo "Installing what builds the screen into web/node_modules ..." && npm install --silent --no-save --ignore-scripts \
		&& cp package-lock.json node_modules/.of.json; }; }
	@$(BIN)/python -m api.screen.document >web/openapi.json
	@cd web && node_modules/.bin/openapi-typescript openapi.json --output src/schema.d.ts >/dev/null \
		&& npm run --silent types && npm run --silent build

# CHROMIUM=/path/of/it where it is elsewhere; SCREENS=folder keeps pictures of what was looked at.
test-web: .venv/.dev web
	@cd web && npm run --silent test && npm run --silent screens

demo: .venv/.demo
	$(BIN)/patrol simulate demo --folder $(FOLDER) $(if $(ONCE),--once)

clean-demo:
	rm -rf $(FOLDER)

soak-agent: .venv/.demo
	$(BIN)/patrol --log-level warning simulate soak $(ARGS)

chaos: .venv/.demo
	$(BIN)/patrol --log-level warning simulate chaos $(ARGS)

# The fuzzer has an environment of its own, and its findings a folder beside it.
fuzz: .venv/.demo .bench/fuzz/.made
	@nice $(BIN)/python -m tests.fuzz $(ARGS)

bench-agent: .venv/.demo
	@$(BIN)/python -m benchmarks.agent $(ARGS)

# On the server that PATROL_TEST_DSN or ARGS="--dsn ..." names, in a database of its own.
bench-api: .venv/.demo
	@$(BIN)/python -m benchmarks.api $(ARGS)

bench-assess: .venv/.demo $(LIBRARIES:%=.bench/%/.made)
	@$(BIN)/python -m benchmarks.assess $(ARGS)

bench-gateway: .venv/.demo
	@$(BIN)/python -m benchmarks.gateway $(ARGS)

# On the server that PATROL_TEST_DSN or ARGS="--dsn ..." names, in databases of its own.
bench-ingest: .venv/.demo
	@$(BIN)/python -m benchmarks.ingest $(ARGS)

bench-keeping: .venv/.demo
	@$(BIN)/python -m benchmarks.keeping $(ARGS)

# On the server that PATROL_TEST_DSN or ARGS="--dsn ..." names, in a database of its own.
bench-loop: .venv/.demo
	@$(BIN)/python -m benchmarks.loop $(ARGS)

bench-reading: .venv/.demo
	@$(BIN)/python -m benchmarks.reading $(ARGS)

terminal: .venv/.demo
	@$(BIN)/python deploy/device/bundle.py dist/patrol.pyz
	@ls -l dist/patrol.pyz

lock:
	@command -v uv >/dev/null || { echo "make lock needs uv: pip install uv"; exit 1; }
	$(LOCK) --group dev --output-file requirements/dev.lock
	$(LOCK) --group build --constraint requirements/dev.lock \
		--output-file requirements/demo.lock
	for library in $(LIBRARIES) fuzz; do \
		$(BENCH_LOCK) requirements/bench-$$library.in \
			--output-file requirements/bench-$$library.lock || exit 1; done

clean: clean-demo
	rm -rf .venv .bench .chaos .soak .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Two sizes of one environment: what runs, and with it what tests and checks.

.venv/.demo: requirements/demo.lock pyproject.toml .venv/.made
	@echo "Installing what the demo needs into .venv ..."
	@$(INSTALL) -r requirements/demo.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.dev: requirements/dev.lock pyproject.toml .venv/.made
	@echo "Installing what runs, tests and checks into .venv ..."
	@$(INSTALL) -r requirements/dev.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@ .venv/.demo

.venv/.made: $(if $(filter $(CURDIR),$(shell cat .venv/.made 2>/dev/null)),,relocate)
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: install it," \
		"or name it, e.g. make PYTHON=/opt/python3.12/bin/python3"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "$(PYTHON) is not Python 3.11 or newer: name another with PYTHON=..."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "$(PYTHON) has no venv: on Debian and Ubuntu install python3-venv"; exit 1; }
	@$(PYTHON) -m venv --clear .venv
	@echo "$(CURDIR)" > $@

# An environment knows its own path; in a folder that was copied or moved it is made anew.
relocate:

# A library that cannot be installed here is named in the table with the reason, and tried again
# next time; the others are measured.
.bench/%/.made: requirements/bench-%.lock | .venv/.demo
	@echo "Installing $* into .bench/$* ..."
	@$(BIN)/python -m venv --clear .bench/$*
	@PIP_ROOT_USER_ACTION=ignore PIP_DISABLE_PIP_VERSION_CHECK=1 .bench/$*/bin/python -m pip -qq \
		install --require-hashes --no-deps --only-binary :all: --progress-bar off \
		-r requirements/bench-$*.lock >.bench/$*/install.log 2>&1 && touch $@ || true
