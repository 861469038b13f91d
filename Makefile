# Plain `make` lists the targets. PYTHON makes the virtual environment, VENV says where.
PYTHON ?= python3
VENV ?= .venv

NO_SERVERS = SECRET_KEY=lint READER_KEY=lint DATABASE_URL=postgresql:///lint REDIS_URL=redis://

.PHONY: help client run test test-fast fuzz coverage lint messages embed-release javascript typescript html bench bench-quick chaos test-browsers attacks audit drill lock installed tools

help:
	@grep -E '^[a-z-]+:.*## ' Makefile | sed -E 's/:[^#]*## /\t/' | expand -t 14

# With `exec`, a SIGTERM that make hands on reaches the program itself and no shell in between.
run: installed  ## the whole product, from nothing; Ctrl-C stops it
	@exec "$(VENV)/bin/python" -m newsroom.stack --with-parent

# Two at a time, each with servers of its own; what starts the whole product stays in one of them.
test: tools  ## everything, a browser included
	@exec "$(VENV)/bin/python" -m pytest -n 2 $(COVERAGE)

test-fast: tools  ## without the browser and the whole product
	@exec "$(VENV)/bin/python" -m pytest -n 2 -m "not browser and not stack"

coverage: COVERAGE = --cov
coverage: test  ## the same, with the branches that the tests reach; fails below the floor

bench: tools  ## the benchmark: twenty minutes, writes docs/benchmarks.md
	@exec "$(VENV)/bin/python" -m tests.bench

bench-quick: tools  ## the same ratios in some three minutes, with more spread
	@exec "$(VENV)/bin/python" -m tests.bench --quick

chaos: tools  ## kills processes under load and compares the counts
	@exec "$(VENV)/bin/python" -m pytest -p no:randomly tests/chaos

test-browsers: tools  ## slow journeys in Chromium, and the widget in Firefox and WebKitGTK where they can be had
	@exec "$(VENV)/bin/python" -m pytest -p no:randomly tests/browsers

audit: tools  ## known vulnerabilities of the packages, with pip-audit, where advisories can be had
	@exec "$(VENV)/bin/python" -m newsroom.stack.audit

drill: tools  ## a backup is restored on other servers, and a release takes over from another; prints what is the same
	@"$(VENV)/bin/python" -m tests.drills.restore
	@exec "$(VENV)/bin/python" -m tests.drills.upgrade

attacks: tools  ## the attacks alone, and their table in docs/moderation.md
	@ATTACKS=write exec "$(VENV)/bin/python" -m pytest -p no:randomly tests/chaos/test_attacks.py

fuzz: tools  ## the property tests, with ten times as many examples, at random
	@exec "$(VENV)/bin/python" -m pytest -n 2 --hypothesis-profile=fuzz -m hypothesis

lint: tools javascript typescript html  ## style, types, import contracts, templates, HTML, migrations, the lock files
	@"$(VENV)/bin/python" -m newsroom.stack.lock --check
	@"$(VENV)/bin/ruff" check
	@"$(VENV)/bin/ruff" format --check
	@$(NO_SERVERS) "$(VENV)/bin/mypy"
	@"$(VENV)/bin/lint-imports"
	@$(NO_SERVERS) "$(VENV)/bin/python" -m newsroom.stack.messages --check
	@"$(VENV)/bin/python" -m newsroom.stack.styles
	@"$(VENV)/bin/djlint" --check --lint --quiet articles newsroom reactions
	@$(NO_SERVERS) "$(VENV)/bin/python" -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run

messages: installed  ## the catalogues of texts for readers, after a change of one: newsroom/locale
	@$(NO_SERVERS) exec "$(VENV)/bin/python" -m newsroom.stack.messages

# Node is no requirement: without it, or without the packages, the rest of `make lint` still runs.
javascript:
	@cd tests/javascript && \
	if ! command -v npm >/dev/null; then echo "JavaScript not checked: npm is not installed."; \
	elif ! { [ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --silent --ignore-scripts --no-audit --no-fund; }; \
	then echo "JavaScript not checked: npm cannot install its tools."; \
	else cd ../.. && tests/javascript/node_modules/.bin/tsc -p tests/javascript && \
	tests/javascript/node_modules/.bin/biome ci --colors=off --config-path=tests/javascript articles/static reactions/static reactions/embed && \
	REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true \
	tests/javascript/node_modules/.bin/redocly lint --config tests/javascript/redocly.yaml docs/api.yaml && \
	tests/javascript/node_modules/.bin/spectral lint --fail-severity=warn --ruleset tests/javascript/spectral.yaml docs/api.yaml; fi

# The document in another language's types, and a program that is checked against them.
typescript:  ## types of the API for TypeScript: clients/typescript/newsroom.d.ts
	@cd clients/typescript && \
	if ! command -v npm >/dev/null; then echo "TypeScript not checked: npm is not installed."; \
	elif ! { [ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --silent --ignore-scripts --no-audit --no-fund; }; \
	then echo "TypeScript not checked: npm cannot install its tools."; \
	else node_modules/.bin/openapi-typescript ../../docs/api.yaml --output newsroom.d.ts >newsroom.log 2>&1 || { cat newsroom.log; exit 1; }; \
	node_modules/.bin/tsc --project .; fi

# The pages as readers get them. Its checker is a Java program that npm installs.
html: tools javascript
	@if ! command -v java >/dev/null; then echo "HTML not checked: Java is not installed."; \
	elif ! [ -d tests/javascript/node_modules/vnu-jar ]; then echo "HTML not checked: npm cannot install its checker."; \
	else "$(VENV)/bin/python" -m pytest -q -p no:randomly -p no:cacheprovider tests/html; fi

embed-release: installed  ## the widget's module as it is, for the address with the version of pyproject.toml
	@$(NO_SERVERS) exec "$(VENV)/bin/python" -m newsroom.stack.embed_release

# `make lock LOCK=--upgrade` takes newer versions of what the direct requirements leave open.
lock: installed  ## the lock files, after a change in requirements.txt or requirements-dev.txt
	@exec "$(VENV)/bin/python" -m newsroom.stack.lock $(LOCK)

client: tools  ## the operations of the Python client, from docs/api.yaml: clients/python
	@exec "$(VENV)/bin/python" clients/python/generate.py

installed:
	@exec "$(PYTHON)" newsroom/stack/install.py "$(VENV)" requirements.lock

tools:
	@exec "$(PYTHON)" newsroom/stack/install.py "$(VENV)" requirements.lock requirements-dev.lock
