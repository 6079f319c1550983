# Everything a developer types. `make help` lists it.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

ENCORE := go tool encore
TOOLS  := go tool -modfile=tools/tools.mod
WEB    := frontend-proxy/web
NPM    := PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm --no-audit --no-fund --loglevel=error

# The Go packages of the main module, and the folders of the other modules.
GO_MODULES := . tools/encore/runtime

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  \033[1m%-10s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run
run: ## Start everything with demo data on http://127.0.0.1:4000 (ARGS="--port 5000" to pass flags)
	@$(ENCORE) run $(ARGS)

.PHONY: test
test: test-go test-runtime fuzz test-web test-infra system e2e ## Run every test, the system and browser tests too

.PHONY: test-go
test-go: web ## Go tests of the application and the tool (ARGS="-race -run Name" to pass flags)
	$(ENCORE) test -timeout 20m ./... $(ARGS)

.PHONY: test-runtime
test-runtime: ## Go tests of the runtime that the tool links in
	cd tools/encore/runtime && go test -timeout 20m ./...

.PHONY: fuzz
fuzz: ## Run every fuzz test on generated inputs (INPUTS=20000)
	scripts/fuzz $(INPUTS)

.PHONY: test-web
test-web: $(WEB)/node_modules/.installed ## Unit tests of the web app
	cd $(WEB) && npm run --silent test

# -count=1: the files that it reads lie outside its module, so their changes would go unnoticed.
.PHONY: test-infra
test-infra: ## Check the Kubernetes manifests, the alert rules (promtool) and the dashboard
	cd infra/check && go vet ./... && go test -count=1 ./...

# SYSTEM_IMAGES=FOLDER takes the content of images that were built before: FOLDER/backend and FOLDER/frontend, made with
# `go tool encore build docker --rootfs`.
.PHONY: system
system: web ## Test the production layout as processes: nginx, two backends, PostgreSQL, Redis (ARGS="-run Name")
	cd system && go test -count=1 -parallel 8 -timeout 10m . $(ARGS)

.PHONY: e2e
e2e: web e2e/node_modules/.installed ## Browser tests in Chromium against a fresh application
	cd e2e && npx --no-install playwright test $(ARGS)

.PHONY: first-run
first-run: e2e/node_modules/.installed ## Go in a browser from a new installation's registration LINK=... to a finished run
	cd e2e && LINK="$(LINK)" npx --no-install playwright test --config=installation/playwright.config.ts

.PHONY: lint
lint: $(WEB)/node_modules/.installed e2e/node_modules/.installed ## Static checks of Go and web code
	$(ENCORE) check
	$(TOOLS) golangci-lint run ./...
	cd tools/encore/runtime && go tool -modfile=../../tools.mod golangci-lint run ./...
	cd system && go tool -modfile=../tools/tools.mod golangci-lint run ./...
	cd infra/check && go tool -modfile=../../tools/tools.mod golangci-lint run ./...
	cd $(WEB) && npm run --silent lint && npm run --silent typecheck && npm run --silent budget
	cd e2e && npx --no-install tsc --noEmit

.PHONY: generate
generate: $(WEB)/node_modules/.installed ## Make all generated files anew
	$(TOOLS) sqlc generate
	$(ENCORE) gen client --lang=openapi -o docs/openapi.json
	cd $(WEB) && npm run --silent generate:api

.PHONY: verify
verify: ## Fail when a generated file is not what `make generate` makes, or a module file is not tidy
	go mod tidy -diff
	cd tools/encore/runtime && go mod tidy -diff
	@scripts/verify-generated

.PHONY: bench
bench: ## Measure against hand-written servers, what hostile uploads and a burst of sign-ins take; prints `name ratio`
	cd bench && go run .
	$(ENCORE) test ./core/ -run '^$$' -bench HostileUploads -benchtime 1x
	$(ENCORE) test ./auth/ -run '^$$' -bench BurstOfSignIns -benchtime 1x

.PHONY: web
web: frontend-proxy/dist/index.html ## Build the web app when its sources changed
	@:

frontend-proxy/dist/index.html: $(WEB)/node_modules/.installed $(shell find $(WEB)/src $(WEB)/public -type f 2>/dev/null) \
		$(wildcard $(WEB)/*.ts $(WEB)/*.json $(WEB)/*.html)
	cd $(WEB) && npm run --silent build
	@touch $@

# Installs what the lock file names, when it changed. Not `npm ci`: it refuses a lock file that leaves out the optional
# binaries of other platforms, and not every registry has them all.
%/node_modules/.installed: %/package-lock.json
	cd $* && $(NPM) install --no-save
	@touch $@

.PHONY: up
up: ## Build and start the installation that .env describes, with Docker
	@scripts/update $(ARGS)

.PHONY: update
update: up ## Bring a running installation to this version without a failed request (ARGS=--pull)

.PHONY: rollback
rollback: ## Go back to the images that the last update replaced
	@scripts/update --rollback

.PHONY: backup
backup: ## Write databases and pictures to a file (FILE=... to name it)
	@scripts/backup $(FILE)

.PHONY: restore
restore: ## Put a backup into an empty installation (FILE=...; ARGS=--replace to replace what is there)
	@scripts/restore $(ARGS) $(FILE)

.PHONY: outbox
outbox: ## Show the events that were set aside (ARGS=retry to have them tried again)
	@scripts/outbox $(or $(ARGS),list)

.PHONY: account
account: ## Let nobody sign in to an account, or somebody again (ARGS="deactivate EMAIL", ARGS="activate EMAIL")
	@scripts/account $(ARGS)

.PHONY: images
images: ## Build the images of the installation with Docker
	@scripts/images

.PHONY: clean
clean: ## Remove builds and local state (the data of `make run` too)
	rm -rf frontend-proxy/dist/* .encore bin
