# The two commands are `make run` and `make test`; `make help` lists the rest.
PYTHON ?= python3
BIN := .venv/bin
WORKERS ?= 2
MUTATED := 'ingest.p*' 'ledger.text*' $(foreach f,train.x_threshold_of train.x_softmax train.x_temperature_of retrain.x_objections retrain.x_lower_bound model.x_only_about_meta,'classifier.$(f)*')

.PHONY: help run test check evaluate model bench mutation pictures corpora clean
.PHONY: help run test check evaluate model bench mutation corpora soak soak-long clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: .venv/run.done ## start Demur with a demo mailbox at http://127.0.0.1:8000
	$(BIN)/demur run --demo

test: .venv/test.done ## install what the tests need, then run them all
	bash .ci/packages
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup

check: .venv/test.done ## lint, types, import contracts
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports

evaluate: .venv/run.done ## how good the classifier is, out of fold and on the frozen hold-out
	$(BIN)/demur evaluate && $(BIN)/demur evaluate --leave-out language && $(BIN)/demur evaluate --fixtures fixtures/holdout

model: .venv/run.done ## train the shipped model anew
	$(BIN)/python -m bench.ship_model

bench: .venv/test.done ## measure: candidates, parsing, classifying, storing, serving
	$(BIN)/python -m bench

mutation: .venv/test.done ## change the phrase and threshold logic in small ways: does a test notice? (docs/mutation.md)
	$(BIN)/mutmut run --max-children $(WORKERS) $(MUTATED)

pictures: .venv/test.done ## photograph every page of the demo for the documents
	$(BIN)/python -m bench.screenshots
soak: .venv/test.done ## ten minutes of network faults, kills and resets; exit 1 on any loss
	$(BIN)/python -m bench.soak --seconds 600 --name soak

soak-long: .venv/test.done ## the same for an hour
	$(BIN)/python -m bench.soak --seconds 3600 --name soak-long

corpora: .venv/run.done ## classify a folder of foreign mails: make corpora FOLDER=…
	$(BIN)/python -m bench.corpora $(FOLDER)

.venv/run.done .venv/test.done: .venv/%.done: requirements.lock requirements-test.lock pyproject.toml
	bash .ci/python $(PYTHON) .venv
	$(BIN)/pip install --quiet --require-hashes -r requirements$(if $(filter test,$*),-test).lock
	$(BIN)/pip install --quiet --no-deps -e .
	@touch $@
