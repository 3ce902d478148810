PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.installed
DEMO := tensorboard_logs/demo-herbarium
# Beside what is tested, so that what they bring moves nothing there.
TOOLS := .venv-tools
TOOLS_READY := $(TOOLS)/.installed

.PHONY: setup demo test test-wide test-extras test-slow extras lint types format docs \
	notebooks clean

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

$(TOOLS_READY): pyproject.toml
	$(PYTHON) -m venv $(TOOLS)
	$(TOOLS)/bin/python -m pip install --quiet --upgrade pip
	$(TOOLS)/bin/python -m pip install --quiet --group docs --group types
	@touch $@

# What the reference of the documentation shows is annotated, and as it says.
types: setup $(TOOLS_READY)
	$(TOOLS)/bin/mypy --python-executable $(BIN)/python

# Once its tools are there it asks no network for anything.
docs: $(TOOLS_READY)
	NO_MKDOCS_2_WARNING=1 $(TOOLS)/bin/mkdocs build --quiet
	@echo "the documentation: build/docs/index.html"

# A file of tests stays in one process, whose fixtures are made once.
test: lint
	$(BIN)/python -m pytest -n 2 --dist loadfile

# What each extra brings is installed beside what is there, none of which may
# move for it, and called.
extras: setup
	$(BIN)/python -m pip freeze --exclude-editable > $(VENV)/core.txt
	$(BIN)/python -m pip install --quiet --constraint $(VENV)/core.txt \
		--editable '.[export,heif,hub,imagenet,mlflow,ray,search,serve,wandb]' \
		--group browser --group notebooks --group servers

test-extras: extras
	$(BIN)/python -m pytest -m 'extras or not (parity or slow)' \
		tests/test_extras.py tests/pipelines/export \
		tests/docs/test_notebooks.py \
		tests/pipelines/data/inspection/test_modern_formats.py \
		tests/pipelines/serving tests/pipelines/training/loggers

# The rows of long grids that are not tried each time (tests/wide.py).
test-wide: setup
	$(BIN)/python -m pytest -n 2 --dist loadfile \
		-m 'wide and not (parity or slow or extras)'

test-slow: setup
	$(BIN)/python -m pytest -m slow

# Stores in the notebooks of docs/ what they print today.
notebooks: extras
	$(BIN)/python docs/site/run_notebooks.py

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) $(TOOLS) build *.egg-info
