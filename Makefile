# Two commands are all it takes: `make` builds what is not up to date, `make test` runs the tests.
# Both set up what they need; a machine needs only Python 3.11+, make and a package index.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
PYSPARK := 4.3.0

.PHONY: all rebuild test lab bench lint lock spark clean check_environment check_dvc_lock
all: $(READY) check_environment check_dvc_lock
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/dvc repro

# Every stage again, also those that nothing has made stale.
rebuild: $(READY) check_environment check_dvc_lock
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/dvc repro --force

test: all
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m pytest -n auto --dist worksteal

lab: $(READY)
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/retorsion lab -- $(ARGS)

bench: $(READY)
	@for b in benchmarks/bench_*.py; do echo "== $$b"; $(BIN)/python $$b || exit 1; done

# The extra engine, for those who have a cluster and for its tests; needs Java 17. Nothing else installs it.
spark: $(READY)
	@$(BIN)/uv pip install --quiet --python $(BIN)/python "pyspark==$(PYSPARK)"

lint: $(READY)
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && \
	    $(BIN)/bandit --quiet --configfile pyproject.toml --recursive analysis

# An environment breaks when its Python is removed or its packages are: `retorsion doctor` names what is missing.
check_environment:
	@$(BIN)/python -c 'import dvc, polars, retorsion' 2>/dev/null || \
	    { echo "$(VENV) is broken: a package or Python itself is gone. Set it up again: make clean && make" >&2; exit 1; }

# A run that is killed while it writes dvc.lock leaves it empty or cut off: the committed one is as good, since DVC then
# runs what differs. Of a damaged lock DVC itself says only that it is not valid.
IS_WHOLE := import sys; from pathlib import Path; from retorsion.steps.doctor import pipeline_lock; \
    sys.exit(any(pipeline_lock(Path())))
# DVC notes here which stages run; it cannot go on where a killed run has cut the note off. A run that is writing it ends soon.
RUNNING := .dvc/tmp/rwlock
IS_JSON := $(BIN)/python -m json.tool $(RUNNING) > /dev/null 2>&1
check_dvc_lock:
	@! grep -qs '^<<<<<<<' dvc.lock || \
	    { echo "dvc.lock has conflicts of a merge. Take either side, git checkout --ours dvc.lock, and run make" >&2; exit 1; }
	@if test -e dvc.lock && ! git diff --quiet HEAD -- dvc.lock 2>/dev/null && ! $(BIN)/python -c '$(IS_WHOLE)'; then \
	    git checkout --quiet dvc.lock 2>/dev/null && \
	    echo "dvc.lock was damaged by a run that was killed: the committed one is back" >&2 || \
	    { echo "dvc.lock is damaged: a run was killed while it wrote the file. Remove it and run make" >&2; exit 1; }; fi
	@if test -e $(RUNNING) && ! $(IS_JSON) && sleep 1 && ! $(IS_JSON); then rm -f $(RUNNING); \
	    echo "DVC's record of running stages was cut off by a run that was killed: removed" >&2; fi

# All that is installed has its hash in the lock: uv, which installs the rest, and hatchling, which builds the package.
$(READY): requirements.lock pyproject.toml notebooks/lab_settings.json
	@$(PYTHON) -c 'import sys; sys.exit("Retorsion needs Python 3.11 or newer, this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	@echo "Setting up $(VENV) (1 of 3): the installer"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@awk '/^[^ #]/ {wanted = /^uv==/} wanted' requirements.lock > $(VENV)/uv.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps --requirement $(VENV)/uv.lock
	@echo "Setting up $(VENV) (2 of 3): $$(grep -c == requirements.lock) packages, about 2 GB"
	@$(BIN)/uv pip sync $(if $(shell test -t 2 || echo no),--quiet) --python $(BIN)/python --require-hashes --compile-bytecode requirements.lock
	@echo "Setting up $(VENV) (3 of 3): Retorsion itself"
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@mkdir -p $(VENV)/etc/jupyter/labconfig
	@cp notebooks/lab_settings.json $(VENV)/etc/jupyter/labconfig/default_setting_overrides.json
	@touch $@

# The lock carries hashes and no index address, so that it works from any mirror.
lock: $(READY)
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	    --no-emit-index-url --no-emit-find-links --extra dev --output-file requirements.lock pyproject.toml

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache
