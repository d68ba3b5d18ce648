# Every command of the project. `make help` lists them.

.NOTPARALLEL:
.DEFAULT_GOAL := help
SHELL := /bin/bash

.PHONY: help
help:  ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' Makefile

.PHONY: install
install:  ## Build .venv from the lock, with .venv/bin/masterx in it
	@scripts/install.sh run

.PHONY: run
run: install  ## Start MasterX on http://127.0.0.1:8001 (MASTERX_PORT, MASTERX_DATA_DIR, MASTERX_DATABASE_URL)
	@exec .venv/bin/masterx serve --sign-in-link

.PHONY: test
test:  ## Install what the tests need and run all of them (ARGS="-k name" goes to pytest)
	@scripts/test.sh $(ARGS)

.PHONY: develop
develop:  ## Build .venv with what tests and checks need as well
	@scripts/install.sh dev

.PHONY: check
check: develop  ## Look for faults without running anything: ruff, mypy
	.venv/bin/ruff format --check
	.venv/bin/ruff check
	.venv/bin/mypy

.PHONY: format
format: develop  ## Lay the code out and mend what ruff can mend
	.venv/bin/ruff check --fix
	.venv/bin/ruff format

.PHONY: docs
docs: develop  ## Write docs/settings.md and the table in docs/security.md from the code
	.venv/bin/python scripts/settings_doc.py
	.venv/bin/python scripts/security_doc.py

.PHONY: lock
lock: develop  ## Write requirements/*.txt from pyproject.toml (ARGS=--upgrade for the newest releases)
	@scripts/lock.sh $(ARGS)

.PHONY: vendor
vendor: develop  ## Fetch the page's scripts, styles and fonts anew
	.venv/bin/python scripts/vendor.py

.PHONY: fuzz
fuzz: develop  ## Make up 10,000 requests and look for answers of 5xx or against the API's description
	MASTERX_FUZZ_CASES=10000 .venv/bin/python -m pytest tests/integration/test_fuzz.py -q

.PHONY: fault-matrix
fault-matrix: develop  ## Try every fault at every dialect, and write the table in docs/figures.md
	MASTERX_WRITE_FAULT_MATRIX=1 .venv/bin/python -m pytest tests/integration/test_fault_matrix.py -q

.PHONY: kill-sqlite
kill-sqlite: develop  ## Kill the server 200 times in the middle of turns, and look for what is lost or charged twice
	MASTERX_TEST_KILLS=200 .venv/bin/python -m pytest tests/integration/test_kill.py -q -s

.PHONY: kill-mongodb
kill-mongodb: develop  ## The same 30 times on MongoDB (MASTERX_TEST_MONGODB_URI, or a test server)
	MASTERX_TEST_KILLS=$${MASTERX_TEST_KILLS:-30} MASTERX_TEST_KILL_STORE=mongodb .venv/bin/python -m pytest tests/integration/test_kill.py -q -s

.PHONY: picture
picture: develop  ## Draw docs/lesson.png anew, with a real server and browser
	.venv/bin/python scripts/picture.py

.PHONY: bench
bench: develop  ## Measure start-up, memory and stopping
	@.venv/bin/python -m benchmarks.startup

.PHONY: bench-gateway
bench-gateway: develop  ## Measure a whole turn against LiteLLM's bare pass-through, on this machine
	@.venv/bin/python -m benchmarks.gateway $(ARGS)

.PHONY: bench-pass-through
bench-pass-through: develop  ## Measure a pass-through of the compatible API against LiteLLM's, on this machine
	@.venv/bin/python -m benchmarks.pass_through

.PHONY: bench-budget
bench-budget: develop  ## Ask 200 at once against a cap worth 50, with one worker and two; then what a reservation costs
	@.venv/bin/python -m benchmarks.budget $(ARGS)
	@.venv/bin/python -m benchmarks.reserving

.PHONY: bench-books
bench-books: develop  ## Compare books and estimates with the model's own after 1,000 turns, many of which go wrong
	@.venv/bin/python -m benchmarks.books
	@.venv/bin/python -m benchmarks.tokens

.PHONY: bench-rolling
bench-rolling: develop  ## Restart workers and hosts one by one under 50 turns/s, and count lost turns (ARGS="--database mongodb")
	@.venv/bin/python -m benchmarks.rolling $(ARGS)

.PHONY: bench-reads
bench-reads: develop  ## Compare what a turn reads with 1,000 and with 1,000,000 messages stored
	@.venv/bin/python -m benchmarks.reads

.PHONY: bench-recall
bench-recall: develop  ## Recall among 100,000 messages of one learner
	@.venv/bin/python -m benchmarks.recall

.PHONY: bench-backup
bench-backup: develop  ## Measure turns while 1,000,000 messages are backed up
	@.venv/bin/python -m benchmarks.backup_load

.PHONY: bench-moving
bench-moving: develop  ## Move a used database from SQLite to MongoDB and back, killed on the way, and compare every row
	@.venv/bin/python -m benchmarks.moving $(ARGS)

.PHONY: bench-proxy
bench-proxy: develop  ## Stream through nginx, then exchange two servers behind it under load (needs nginx)
	@.venv/bin/python -m benchmarks.proxy

.PHONY: scale-model
scale-model: develop  ## Print how many hosts, how much storage and money a load needs: the tables of docs/scale.md
	@.venv/bin/python -m benchmarks.scale_model

.PHONY: bench-leader
bench-leader: develop  ## Kill the process that leads the background jobs, and measure until another does
	@.venv/bin/python -m benchmarks.leader $(ARGS)

.PHONY: bench-faults
bench-faults: develop  ## Measure what a model that flaps, and one that trickles, cost the turns of others
	@.venv/bin/python -m benchmarks.flapping
	@.venv/bin/python -m benchmarks.trickle

.PHONY: load
load: develop  ## Let a population of learners in, and print turns/s, delays, errors, CPU and memory (ARGS="--learners 200")
	@.venv/bin/python -m benchmarks.learners $(ARGS)

.PHONY: bench-dashboard
bench-dashboard: develop  ## Make a year of 1,000,000 calls, and measure what the operator asks of it (ARGS="--rows 100000")
	@.venv/bin/python -m benchmarks.dashboard $(ARGS)

.PHONY: bench-fresh
bench-fresh: develop  ## Measure a new clone with an empty home, up to the demo model's first answer
	@.venv/bin/python -m benchmarks.fresh_clone

.PHONY: train-encoder
train-encoder:  ## Make the text encoder anew from DATA and BASE (see training/README.md; two hours)
	@training/run.sh $(DATA) $(BASE)

.PHONY: train-heads
train-heads:  ## Fit the encoder's heads for category, state and distress anew on the shipped network, from DATA (minutes)
	@training/heads.sh $(DATA)

.PHONY: try-train-encoder
try-train-encoder:  ## Run every stage of that on a few texts, into .bench/train/fast
	@FAST=1 training/run.sh $(DATA) $(BASE)

.PHONY: clean
clean:  ## Remove environments and caches; the data directory stays
	rm -rf .venv .bench .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist test-artifacts
	find src tests benchmarks scripts -name __pycache__ -type d -prune -exec rm -rf {} +
