# Every command there is; `make help` prints this list.
# The order of a day: stage → train → apply → test. The whole of it, from nothing to nothing: e2e.

ENV    ?= local
PYTHON ?= python3
# Processes that share the test suite: more than cores, since tests also wait.
WORKERS ?= 3
DATA   ?= $(if $(filter local,$(ENV)),drawn,cifar100)

ifeq ($(wildcard terraform/environments/$(ENV).tfvars),)
  $(error there is no environment '$(ENV)': terraform/environments has $(basename $(notdir $(wildcard terraform/environments/*.tfvars))))
endif

VENV  := .venv
PY    := $(VENV)/bin/python
STAMP := $(VENV)/.set-up
HOME_FOLDER := $(or $(if $(filter local,$(ENV)),$(SCONES_LOCAL_HOME)),build/$(ENV))
LOCAL_AWS   := PYTHONPATH=scripts $(PY) -m localaws
CONTAINER   := scripts/algorithm/container.json

# What is made for local AWS lives in one folder and goes with it. An account's foundation is never applied unasked.
NEEDS := $(if $(filter local,$(ENV)),.foundation-stands)

# Steps follow one another, also under `make -j`.
.NOTPARALLEL:

.DEFAULT_GOAL := help
.PHONY: help setup up down foundation pretrain stage train threshold package plan apply run report
.PHONY: evaluate drift-demo review-queue
.PHONY: rollback pause resume drift cost permissions unlock destroy test lint docs format e2e e2e-rollback chaos bench clean

help: ## print this list
	@echo 'make <target> [ENV=local|dev|prod] [DATA=drawn|cifar100|<archive>]'
	@echo '     [CLASSES=bicycle,motorcycle] [ALGORITHM=pytorch|builtin] [ARGS=…]'
	@echo
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## /{printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo
	@echo "ARGS go to the command of one target; ARGS=--help says which there are."

## --- Set-up ---------------------------------------------------------------------------------------------

setup: $(STAMP) ## install what the project needs into its own folder (automatic)

$(STAMP): requirements.txt scripts/setup.sh
	@sh scripts/setup.sh $(VENV) $(PYTHON)
	@touch $@

# Only local AWS is started and ended; an account's folder may hold the only copy of a state.
ONLY_LOCAL = $(if $(filter-out local,$(ENV)),$(error make $@ is for ENV=local, not for $(ENV)))

up: $(STAMP) ## start local AWS in the background
	$(ONLY_LOCAL)@$(LOCAL_AWS) start --home $(HOME_FOLDER) --container $(CONTAINER)

down: $(STAMP) ## end local AWS; what is there goes, with its report and state
	$(ONLY_LOCAL)@$(LOCAL_AWS) stop --wipe --home $(HOME_FOLDER)

## --- The flow -------------------------------------------------------------------------------------------

foundation: $(STAMP) $(if $(filter local,$(ENV)),up) ## apply the bucket, the key and the roles
	@$(PY) scripts/foundation.py --env $(ENV)

.PHONY: .foundation-stands
.foundation-stands: $(STAMP)
	@test -f $(HOME_FOLDER)/foundation.outputs.json && $(LOCAL_AWS) status --home $(HOME_FOLDER) >/dev/null 2>&1 \
	  || $(MAKE) --no-print-directory foundation ENV=local

pretrain: $(STAMP) ## learn the other classes once, for training jobs to start from
	@$(PY) scripts/pretrain.py $(ARGS)

stage: $(STAMP) | $(NEEDS) ## extract, transform and load the pictures (DATA)
	@$(PY) scripts/stage.py --env $(ENV) --data '$(DATA)' $(ARGS)

train: $(STAMP) | $(NEEDS) ## train the model on them, as a SageMaker training job
	@$(PY) scripts/train.py --env $(ENV) $(if $(ALGORITHM),--algorithm $(ALGORITHM)) $(ARGS)

threshold: $(STAMP) ## choose the confidence threshold (TARGET_ERROR=0.01)
	@$(PY) scripts/threshold.py --env $(ENV) $(if $(TARGET_ERROR),--target-error $(TARGET_ERROR)) $(ARGS)

package: $(STAMP) ## pack the functions into reproducible zips
	@$(PY) scripts/package.py

plan: $(STAMP) ## plan, review and seal what an apply would do
	@$(PY) scripts/plan.py --env $(ENV) $(ARGS)

apply: $(STAMP) ## apply the sealed plan (ALLOW=<gates>, CONFIRM=<env>)
	@$(PY) scripts/apply.py --env $(ENV) $(ARGS)

run: $(STAMP) ## classify test pictures (ARGS='--count 20')
	@$(PY) scripts/run.py --env $(ENV) $(ARGS)

evaluate: $(STAMP) ## measure the deployed endpoint on every test picture
	@$(PY) scripts/evaluate.py --env $(ENV) $(ARGS)

drift-demo: $(STAMP) ## send clean, then strange pictures, and see the alarm
	@$(PY) scripts/drift_demo.py --env $(ENV) $(ARGS)

review-queue: $(STAMP) ## look at doubtful pictures, and label them
	@$(PY) scripts/review_queue.py --env $(ENV) $(ARGS)

report: $(STAMP) ## draw what was captured as one page
	@$(PY) scripts/report.py --env $(ENV) $(ARGS)

## --- Operations -----------------------------------------------------------------------------------------

rollback: $(STAMP) ## plan the last model and code that passed the live checks
	@$(PY) scripts/plan.py --env $(ENV) --purpose rollback $(ARGS)

pause: $(STAMP) ## plan to take the endpoint away, and its cost
	@$(PY) scripts/plan.py --env $(ENV) --purpose pause $(ARGS)

resume: $(STAMP) ## plan to bring the endpoint back
	@$(PY) scripts/plan.py --env $(ENV) --purpose resume $(ARGS)

drift: $(STAMP) ## say what was changed by hand, and fail if anything was
	@$(PY) scripts/drift.py --env $(ENV) $(ARGS)

cost: $(STAMP) ## say what runs, and what it costs a month
	@$(PY) scripts/cost.py --env $(ENV) $(ARGS)

permissions: $(STAMP) ## say what each role used, was denied, and may do besides
	@$(PY) scripts/permissions.py --env $(ENV) $(ARGS)

unlock: $(STAMP) ## take away a dead run's lock (ARGS=<id>)
	@$(PY) scripts/unlock.py --env $(ENV) $(ARGS)

destroy: $(STAMP) ## destroy everything, through a reviewed plan
	@$(PY) scripts/destroy.py --env $(ENV) $(ARGS)

## --- Proof ----------------------------------------------------------------------------------------------

test: $(STAMP) ## run the test suite, and the live checks of what runs in ENV
	@$(PY) scripts/lint.py
	@ENV=$(ENV) $(PY) -m pytest $(or $(ARGS),tests/e2e)
	@$(if $(ARGS),,$(PY) -m pytest --ignore=tests/e2e -n $(WORKERS) --dist loadfile --no-loadscope-reorder)

lint: $(STAMP) ## check the code, the infrastructure's too, with every tool
	@$(PY) scripts/lint.py $(ARGS)

docs: $(STAMP) ## write the tables in READMEs that come from code and tests
	@$(PY) scripts/document.py $(ARGS)

format: $(STAMP) ## put the code into the project's style
	@$(PY) -m ruff check --fix --quiet .
	@$(PY) -m ruff format --quiet .
	@PYTHONPATH=scripts $(PY) -m scones.infrastructure.toolchain fmt -recursive terraform

e2e: $(STAMP) ## the main job, from nothing to nothing, on its own local AWS
	@PYTHONPATH=scripts:tests $(PY) -m e2e.main --data '$(DATA)'

e2e-rollback: $(STAMP) ## apply a bad model to a local AWS, and see it rolled back
	@PYTHONPATH=scripts:tests $(PY) -m e2e.rollback

chaos: $(STAMP) ## pictures in storms of faults, and an apply killed ten times
	@PYTHONPATH=scripts:tests $(PY) -m chaos.main $(ARGS)

bench: $(STAMP) ## measure the main job and local AWS
	@PYTHONPATH=scripts:tests $(PY) -m bench.main $(ARGS)

clean: ## remove packed functions, the last main job and caches
	@rm -rf build/lambdas build/e2e .pytest_cache .mypy_cache .ruff_cache .hypothesis
