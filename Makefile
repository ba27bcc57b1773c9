# Two commands are all it takes: `make` rebuilds everything, `make test` runs the tests.
# Both set up what they need; a machine needs only Python 3.11+, make and a package index.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
PYSPARK := 4.3.0

.PHONY: all test lab bench lint lock spark clean
all: $(READY)
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/dvc repro

test: all
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m pytest -n auto --dist loadfile

lab: $(READY)
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/retorsion lab -- $(ARGS)

bench: $(READY)
	@for b in benchmarks/bench_*.py; do echo "== $$b"; $(BIN)/python $$b || exit 1; done

# The extra engine, for those who have a cluster and for its tests; needs Java 17. Nothing else installs it.
spark: $(READY)
	@$(BIN)/uv pip install --quiet --python $(BIN)/python "pyspark==$(PYSPARK)"

lint: $(READY)
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

$(READY): requirements.lock pyproject.toml notebooks/lab_settings.json
	@$(PYTHON) -c 'import sys; sys.exit("Retorsion needs Python 3.11 or newer, this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check "uv>=0.9"
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes --compile-bytecode requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	@mkdir -p $(VENV)/etc/jupyter/labconfig
	@cp notebooks/lab_settings.json $(VENV)/etc/jupyter/labconfig/default_setting_overrides.json
	@touch $@

# The lock carries hashes and no index address, so that it works from any mirror.
lock: $(READY)
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	    --no-emit-index-url --no-emit-find-links --extra dev --output-file requirements.lock pyproject.toml

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache
