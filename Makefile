# Zhongshu 中枢. `make run` and `make test` work in a fresh clone; PYTHON=… names another Python ≥ 3.11.
PYTHON ?= python3
BIN := .venv/bin
# Tests that start the whole house stand alone; the others run two files at once.
WHOLE := tests/e2e tests/prove/test_short.py
PARTS := $(filter-out tests/e2e tests/prove tests/bench tests/support tests/conftest.py,$(wildcard tests/*)) \
  $(filter-out $(WHOLE),$(wildcard tests/prove/test_*.py))
export PYTHONDONTWRITEBYTECODE ?=

.PHONY: help run stop test check bench lock pwa format clean

help:            ## what there is
	@grep -hE '^[a-z]+: .*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/'

run: ## start everything with the demo; Ctrl-C stops it 启动
	@$(PYTHON) scripts/setup.py run
	@DEMO=$${DEMO-1} exec $(BIN)/zhongshu up

stop: ## stop what `make run` started 停止
	@$(PYTHON) scripts/stop.py

test: ## everything: unit, property, integration, contract, shape, end-to-end 测试
	@$(PYTHON) scripts/setup.py test
	@$(BIN)/python scripts/build_pwa.py test
	@$(BIN)/python -m pytest $(or $(ARGS),$(WHOLE))
	@$(if $(ARGS),,$(BIN)/python -m pytest -n 2 --dist loadfile $(PARTS))

check: ## ruff, mypy, import-linter, tsc, locks 静态检查
	@$(PYTHON) scripts/setup.py test
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python scripts/build_pwa.py check
	@$(BIN)/python scripts/locks.py check

bench: ## speed, as JSON with ratios 测速
	@$(PYTHON) scripts/setup.py test
	@$(BIN)/python -m tests.bench $(ARGS)

lock: ## write the lock files anew from pyproject.toml
	@$(PYTHON) scripts/setup.py test
	@$(BIN)/python scripts/locks.py write

pwa: ## build the front end only
	@$(PYTHON) scripts/setup.py run

format: ## format the Python code
	@$(BIN)/ruff check --fix-only -q . && $(BIN)/ruff format .

clean: ## remove what can be made again (not the data)
	rm -rf .venv .venv-node pwa/node_modules pwa/dist pwa/.build.json .mypy_cache .ruff_cache .pytest_cache
