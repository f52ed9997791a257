# `make repro` and `make test` need git, make and Python 3.11 or newer, nothing else.
PYTHON ?= python3
UV_VERSION := 0.13.8
UV := .venv/bootstrap/bin/uv
READY := .venv/ready
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: help env repro fer2013-methods fer2013-best ferplus-best test test-all coverage lint format lock clean

help:  ## what can be made
	@grep -E '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

env: $(READY)  ## the environment in .venv, anew only when the lock changed

repro: $(READY)  ## the whole pipeline, on the embedded sample unless params.yaml says otherwise
	dvc repro
	@test -e data_docs/index.html || python -m stages.validate  # Data Docs are in neither Git nor DVC

# These three change params.yaml in the workspace: `git checkout params.yaml` takes it back. On one thread, because sums over several threads
# differ in their last digits with the number of cores, and every row is to come out the same.
fer2013-methods fer2013-best ferplus-best: export OMP_NUM_THREADS := 1
# Without WEIGHTS, ImageNet's weights are downloaded.
first = *
ferplus-best: first = fer_start
weights = $(if $(WEIGHTS),--set 'models.$(first).weights=$(abspath $(WEIGHTS))')
define require
@fail() { printf 'usage: make $@ SOURCE=/path/to/fer2013.zip $1\nerror: %s\n' "$$1" >&2; exit 2; }; \
	test -e "$(SOURCE)" || fail "no such SOURCE ($(SOURCE))"; \
	test -z "$(VOTES)" -o -e "$(VOTES)" || fail "no such VOTES ($(VOTES))"; \
	test -z "$(WEIGHTS)" || ls "$(WEIGHTS)"/mobilenetv2_100.*safetensors >/dev/null 2>&1 || \
		fail "no mobilenetv2_100.*safetensors in WEIGHTS ($(WEIGHTS))"
endef

fer2013-methods: $(READY)  ## the methods table on FER2013: SOURCE=fer2013.zip [WEIGHTS=folder] [ROW=one of them]
	$(call require,[WEIGHTS=/folder/with/mobilenetv2_100.safetensors] [ROW=weighted_focal])
	mien preset fer2013
	mien preset experiments/fer2013_methods.yaml --set ingest.source=$(abspath $(SOURCE)) $(weights)
	dvc repro $(if $(ROW),evaluate@$(ROW))
	$(if $(ROW),cat metrics/evaluate/$(ROW).json,mien table --against cross_entropy)

fer2013-best: $(READY)  ## models for FER2013's own labels, from the weights that mien ships: SOURCE=fer2013.zip
	$(call require,)
	mien preset fer2013
	mien preset experiments/fer2013_best.yaml --set ingest.source=$(abspath $(SOURCE))
	dvc repro compare
	mien table

ferplus-best: $(READY)  ## the model that mien ships: SOURCE=fer2013.zip VOTES=its FERPlus votes, CSV [WEIGHTS=folder]
	$(call require,[VOTES=/path/to/votes.csv] [WEIGHTS=/folder/with/mobilenetv2_100.safetensors])
	mien preset fer2013
	mien preset experiments/ferplus_best.yaml --set ingest.source=$(abspath $(SOURCE)) $(if $(VOTES),--set ingest.votes=$(abspath $(VOTES))) $(weights)
	dvc repro
	mien table

test: $(READY)  ## the default tests
	pytest

test-all: $(READY)  ## the slow ones too
	pytest -m "slow or not slow"

coverage: $(READY)  ## the default tests, and which lines and branches of mien and stages they do not reach
	pytest --cov --cov-report=term

lint: $(READY)  ## ruff, mypy, spelling, and whether YAML and TOML can be read
	ruff check .
	ruff format --check .
	mypy
	SKIP=ruff-check,ruff-format,mypy pre-commit run --all-files

format: $(READY)  ## mends what ruff can mend
	ruff check --fix .
	ruff format .

compile = $(UV) pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header --no-annotate --upgrade --quiet
lock: $(UV)  ## requirements.lock and requirements-serve.lock from pyproject.toml: exact versions with hashes, no index addresses
	$(compile) --all-extras --group dev --output-file requirements.lock
	$(compile) --extra serve --extra video --group build --constraint requirements.lock --output-file requirements-serve.lock

clean:  ## the environment away
	rm -rf .venv

$(UV):
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "mien needs Python 3.11 or newer; name one: make PYTHON=python3.11")'
	$(PYTHON) -m venv .venv/bootstrap
	.venv/bootstrap/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

# Compiled at install: otherwise every start-up pays for it where PYTHONDONTWRITEBYTECODE is set.
$(READY): requirements.lock pyproject.toml $(UV)
	$(UV) venv --quiet --allow-existing --python $(PYTHON) .venv
	$(UV) pip sync --quiet --python .venv/bin/python --compile-bytecode --require-hashes requirements.lock
	$(UV) pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --editable .
	touch $@
