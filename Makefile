# `make demo` and `make test` are all a newcomer needs; both make the environment first.
.PHONY: setup setup-gpu chromium demo test test-compat test-trainers test-hub1 test-vllm test-slow lint check-gpu-constraints bench clean

PYTHON ?= python3
VENV := .venv
COMPAT := .venv-compat
TRAINERS := .venv-trainers
HUB1 := .venv-hub1
READER := .venv-reader
VLLM := .venv-vllm
BIN := $(VENV)/bin
export HF_HUB_DISABLE_TELEMETRY := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# The tiny trained model: tests of training make it, those of evaluation measure it.
QUICK_START := $(CURDIR)/.venv-quick-start
export CROSSTHINK_QUICK_START := $(QUICK_START)

# Two files of tests at a time; each with one thread, for two that wait for each other take ten times as long.
IN_FILES := -n 2 --dist loadfile
SIDE_BY_SIDE := OMP_NUM_THREADS=1

# An environment that sees what .venv has, and may have other versions of it.
define on_top_of_venv
	$(PYTHON) -m venv $(1)
	$(BIN)/python -c 'import site; print(f"import site; site.addsitedir({site.getsitepackages()[0]!r})")' \
		> "$$($(1)/bin/python -c 'import site; print(site.getsitepackages()[0])')/venv.pth"
endef

setup: $(VENV)/ready

# torch first and by itself: a range, or another package's wish, would bring another build.
$(VENV)/ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet torch==2.13.0
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@

# A GPU node trains; it has nothing of what tests and lint need.
setup-gpu:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --constraint constraints-gpu.txt --editable '.[train]' vllm accelerate deepspeed

# People on datasets 3.6, which still runs loading scripts, have an environment of their own.
$(COMPAT)/ready: pyproject.toml constraints-compat.txt
	$(PYTHON) -m venv $(COMPAT)
	$(COMPAT)/bin/pip install --quiet --constraint constraints-compat.txt --editable . pytest
	touch $@

# verl, OpenRLHF and verifiers ask for more than they need to call a reward, and not for the same versions: what
# they need lies in an environment of its own, on top of the other.
$(TRAINERS)/ready: constraints-trainers.txt $(VENV)/ready
	$(call on_top_of_venv,$(TRAINERS))
	$(TRAINERS)/bin/pip install --quiet --no-deps --requirement constraints-trainers.txt
	touch $@

# huggingface_hub 1.x can't stand beside 2.x.
$(HUB1)/ready: constraints-hub1.txt $(VENV)/ready
	$(call on_top_of_venv,$(HUB1))
	$(HUB1)/bin/pip install --quiet --no-deps --ignore-installed --requirement constraints-hub1.txt
	touch $@

# vLLM 0.31 can't stand beside transformers 5.19, nor beside huggingface_hub 2.x.
$(VLLM)/ready: constraints-vllm.txt $(VENV)/ready
	$(call on_top_of_venv,$(VLLM))
	$(VLLM)/bin/pip install --quiet --no-deps --ignore-installed --requirement constraints-vllm.txt
	printf '#!%s\nfrom crossthink_hub.cli import main\n\nmain()\n' "$(CURDIR)/$(VLLM)/bin/python" > $(VLLM)/bin/crossthink
	chmod +x $(VLLM)/bin/crossthink
	touch $@

# A reader of what was published has nothing of ours.
$(READER)/ready: constraints-reader.txt
	$(PYTHON) -m venv $(READER)
	$(READER)/bin/pip install --quiet --constraint constraints-reader.txt datasets
	touch $@

# A browser opens the report in tests; playwright drives it, and brings none. Who may not install one has
# those tests skipped by name.
APT := DEBIAN_FRONTEND=noninteractive apt-get --quiet=2
chromium:
	@command -v chromium >/dev/null || ! command -v apt-get >/dev/null || { \
		[ "$$(id -u)" = 0 ] || root=$$(command -v sudo) || exit 0; \
		$$root env $(APT) update && \
		$$root env $(APT) install --yes --no-install-recommends chromium >/dev/null; }

demo: setup
	$(BIN)/crossthink build gpr_up --sources sample --out crossthink
	$(BIN)/python docs/examples/load_blend.py

test: setup chromium test-compat test-trainers test-hub1 $(READER)/ready
	rm -rf $(QUICK_START)
	HF_HUB_OFFLINE=1 $(SIDE_BY_SIDE) $(BIN)/python -m pytest crossthink_hub tests $(IN_FILES) \
		--ignore tests/compat --ignore tests/trainers
	$(MAKE) test-vllm

test-compat: $(COMPAT)/ready setup
	HF_HUB_OFFLINE=1 $(COMPAT)/bin/python -m pytest tests/compat -p no:cacheprovider

test-trainers: $(TRAINERS)/ready
	HF_HUB_OFFLINE=1 $(TRAINERS)/bin/python -m pytest tests/trainers -p no:cacheprovider

test-hub1: $(HUB1)/ready $(READER)/ready
	HF_HUB_OFFLINE=1 $(HUB1)/bin/python -m pytest tests/publishing $(IN_FILES) -p no:cacheprovider
	HF_HUB_OFFLINE=1 $(HUB1)/bin/python -m pytest tests/training/test_model_push.py -p no:cacheprovider

# The proof that it learns, with two seeds more; and every question of MMLU-Pro.
test-slow: setup $(VLLM)/ready
	CROSSTHINK_SLOW=1 HF_HUB_OFFLINE=1 $(BIN)/python -m pytest -s tests/training/test_learning.py
	CROSSTHINK_SLOW=1 HF_HUB_OFFLINE=1 $(VLLM)/bin/python -m pytest tests/evaluation/test_eval_vllm.py -k mmlu_pro

test-vllm: $(VLLM)/ready chromium
	HF_HUB_OFFLINE=1 $(VLLM)/bin/python -m pytest tests/training/test_vllm.py tests/evaluation/test_eval_vllm.py \
		-p no:cacheprovider

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# One or two minutes of asking the package index; nothing is installed. deepspeed comes as a source only.
check-gpu-constraints: setup
	$(BIN)/pip install --dry-run --quiet --ignore-installed --only-binary=:all: --no-binary deepspeed \
		--constraint constraints-gpu.txt '.[train]' vllm accelerate deepspeed

bench: setup
	$(BIN)/python bench/build.py

clean:
	rm -rf $(VENV) $(QUICK_START) $(COMPAT) $(TRAINERS) $(HUB1) $(READER) $(VLLM) crossthink dist bench/.data
