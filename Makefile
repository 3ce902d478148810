PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.installed
DEMO := tensorboard_logs/demo-herbarium

.PHONY: setup demo test test-wide test-extras test-slow lint format clean

setup: $(READY)

$(READY): setup.cfg pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("error: Python 3.11, 3.12 or 3.13 is needed, this is " + sys.version.split()[0] + ". Give another: make PYTHON=python3.12") if not (3, 11) <= sys.version_info < (3, 14) else None'
	@echo "installing into $(VENV): about 3 GB, some minutes"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@

demo: setup
	@if [ -e $(DEMO) ]; then mv $(DEMO) $(DEMO)-$$(date +%Y%m%d-%H%M%S); fi
	@$(BIN)/python -m apps.finetune --data=herbarium --output=$(DEMO)

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

# A file of tests stays in one process, whose fixtures are made once.
test: lint
	$(BIN)/python -m pytest -n 2 --dist loadfile

# What each extra brings is installed beside what is there, none of which may
# move for it, and called.
test-extras: setup
	$(BIN)/python -m pip freeze --exclude-editable > $(VENV)/core.txt
	$(BIN)/python -m pip install --quiet --constraint $(VENV)/core.txt \
		--editable '.[heif,hub,imagenet,mlflow,search,wandb]'
	$(BIN)/python -m pytest -m 'extras or not (parity or slow)' \
		tests/test_extras.py \
		tests/pipelines/data/inspection/test_modern_formats.py \
		tests/pipelines/training/loggers

# The rows of long grids that are not tried each time (tests/wide.py).
test-wide: setup
	$(BIN)/python -m pytest -n 2 --dist loadfile \
		-m 'wide and not (parity or slow or extras)'

test-slow: setup
	$(BIN)/python -m pytest -m slow

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) build *.egg-info
