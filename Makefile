# Two commands: `make run` and `make test`. The others serve those who work on the project.
PYTHON ?= python3
BIN := .venv/bin
WORKERS ?= 2
PYTEST := $(BIN)/python -m pytest -n $(WORKERS)

.PHONY: run install test check bench lock format clean

run: install  ## everything, in the browser: http://127.0.0.1:3000
	@exec $(BIN)/butter up

install:  ## .venv from requirements.lock
	@$(PYTHON) install.py

test: lint  ## lint, types, layering, tests; SLOW=1 adds the slow ones
	$(PYTEST) $(if $(SLOW),,-m "not slow")

check: lint  ## the fast part: no database, no server
	$(PYTEST) -m "not slow and not database"

.PHONY: lint
lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: install  ## what the linter can mend by itself
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: install  ## every claim measured again, into benchmarks/results.json
	$(BIN)/python -m benchmarks

lock: install  ## requirements.lock anew from pyproject.toml
	$(BIN)/uv pip compile --universal --generate-hashes --no-emit-index-url --no-emit-find-links --no-header \
		--no-annotate --strip-extras --group dev --python-version 3.11 --quiet pyproject.toml -o requirements.lock

clean:  ## what can be made again; your data in .butter stays (remove that folder yourself)
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dbt_project/target dbt_project/logs *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
