# `make demo` and `make test` are all a newcomer needs; both make the environment first.
.PHONY: setup demo test test-compat test-trainers lint bench clean

PYTHON ?= python3
VENV := .venv
COMPAT := .venv-compat
TRAINERS := .venv-trainers
BIN := $(VENV)/bin
export HF_HUB_DISABLE_TELEMETRY := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

setup: $(VENV)/ready

# torch first and by itself: a range, or another package's wish, would bring another build.
$(VENV)/ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet torch==2.13.0
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@

# People on datasets 3.6, which still runs loading scripts, have an environment of their own.
$(COMPAT)/ready: pyproject.toml constraints-compat.txt
	$(PYTHON) -m venv $(COMPAT)
	$(COMPAT)/bin/pip install --quiet --constraint constraints-compat.txt --editable . pytest
	touch $@

# verl, OpenRLHF and verifiers ask for more than they need to call a reward, and not for the same versions: what
# they need lies in an environment of its own, on top of the other.
$(TRAINERS)/ready: constraints-trainers.txt $(VENV)/ready
	$(PYTHON) -m venv $(TRAINERS)
	$(BIN)/python -c 'import site; print(f"import site; site.addsitedir({site.getsitepackages()[0]!r})")' \
		> "$$($(TRAINERS)/bin/python -c 'import site; print(site.getsitepackages()[0])')/venv.pth"
	$(TRAINERS)/bin/pip install --quiet --no-deps --requirement constraints-trainers.txt
	touch $@

demo: setup
	$(BIN)/crossthink build gpr_up --sources sample --out crossthink
	$(BIN)/python docs/examples/load_blend.py

test: setup test-compat test-trainers
	HF_HUB_OFFLINE=1 $(BIN)/python -m pytest crossthink_hub tests --ignore tests/compat --ignore tests/trainers

test-compat: $(COMPAT)/ready setup
	HF_HUB_OFFLINE=1 $(COMPAT)/bin/python -m pytest tests/compat -p no:cacheprovider

test-trainers: $(TRAINERS)/ready
	HF_HUB_OFFLINE=1 $(TRAINERS)/bin/python -m pytest tests/trainers -p no:cacheprovider

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: setup
	$(BIN)/python bench/build.py

clean:
	rm -rf $(VENV) $(COMPAT) $(TRAINERS) crossthink dist bench/.data
