# One word per wish; `make` alone lists them. What a target needs, it installs or builds itself.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS += --no-builtin-rules
.DEFAULT_GOAL := help

# The binary is pure Go. Only the race detector needs a C compiler.
export CGO_ENABLED ?= 0

LINT := go tool -modfile=tools/go.mod golangci-lint
TEMPL := go tool -modfile=tools/go.mod templ
# A checkout that git does not answer for (an archive, another owner) builds all the same, unstamped.
VCS := $(if $(shell git rev-parse --verify -q HEAD 2>/dev/null),auto,false)
# Floors that compile and run fast under the race detector; `make test-all` runs all of them so.
RACE := internal/(kernel|proof|domain|handling|adapter/memchan|adapter/natschan|page|fsck)

TIMEOUT ?= 30m
SEEDS ?= 2000
SEED ?= 1
DB ?=
WHAT ?= lifecycle
PRELOAD ?= 0
FOR ?= 20s
STORY ?=
FUZZTIME ?= 20s

.PHONY: help
help: ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: setup
setup: ## install what is missing (Debian packages, npm) and build the page assets
	@script/setup

.PHONY: build
build: ## build bin/tongban
	@script/setup -assets
	@go build -trimpath -buildvcs=$(VCS) -o bin/tongban ./cmd/tongban

.PHONY: demo
demo: build ## run the whole nation in one process and print its address
	@bin/tongban demo

.PHONY: tour
tour: build ## play the stories through the real pages (STORY=name for one)
	@bin/tongban tour $(if $(STORY),-story $(STORY))

.PHONY: test
test: setup ## run all tests: SQLite and PostgreSQL, stories, simulation
	@script/pg run -- go test -timeout $(TIMEOUT) ./...

.PHONY: interop
interop: setup ## have independent programs check what we make, and check what they make (part of `make test`)
	@go test -count=1 -v ./internal/domain/licence ./internal/domain/presentation ./internal/adapter/pdf -run '^(TestInterop|TestAReaderFindsEveryCharacter)$$' | \
		awk '/--- (PASS|FAIL): / && !/: TestInterop \(/ {n[$$2]++; print} END {printf "%d passed, %d failed\n", n["PASS:"], n["FAIL:"]}'

.PHONY: test-all
test-all: check test ## test, and the slow rest: everything under the race detector, long simulation, fuzzing
	@TONGBAN_ALL_MODES=1 CGO_ENABLED=1 script/pg run -- go test -race -timeout 60m ./...
	@$(MAKE) --no-print-directory sim fuzz

.PHONY: check
check: setup ## format, generated files, lint, vet, race detector on the fast packages
	@$(LINT) config verify
	@$(LINT) fmt --diff
	@script/generated
	@$(LINT) run ./...
	@go vet ./...
	@fast=$$(go list ./... | grep -E '/$(RACE)(/|$$)'); CGO_ENABLED=1 go test -race -timeout $(TIMEOUT) $$fast

.PHONY: lint
lint: ## run the linters
	@$(LINT) run ./...

.PHONY: fmt
fmt: ## format Go and templ files in place
	@$(LINT) fmt
	@$(TEMPL) fmt -log-level error internal

.PHONY: generate
generate: ## run every generator: error codes, pages, schema.sql
	@go generate ./...
	@$(TEMPL) generate -log-level error

.PHONY: sim
sim: ## run the simulation for SEEDS seeds beginning at SEED
	@go test ./internal/sim -count=1 -timeout 0 -run '^TestSeeds$$' -args -seeds $(SEEDS) -seed $(SEED)

.PHONY: bench
bench: build ## measure on SQLite and PostgreSQL (DB=sqlite|postgres|a DSN for one, WHAT=…, PRELOAD=cases, FOR=20s)
ifeq ($(DB),)
	@$(MAKE) --no-print-directory DB=sqlite bench
	@$(MAKE) --no-print-directory DB=postgres bench
else ifeq ($(DB),postgres)
	@script/setup
	@TMPDIR=$${TMPDIR:-/var/tmp} script/pg run -- $(SHELL) -c 'bin/tongban bench -json -what $(WHAT) -for $(FOR) -preload 0 -db "$$TONGBAN_TEST_PG"'
ifneq ($(PRELOAD),0)
	@TMPDIR=$${TMPDIR:-/var/tmp} script/pg run -- $(SHELL) -c 'bin/tongban bench -json -what $(WHAT) -for $(FOR) -preload $(PRELOAD) -db "$$TONGBAN_TEST_PG"'
endif
else
	@bin/tongban bench -json -what $(WHAT) -for $(FOR) -preload $(PRELOAD) -db '$(DB)'
endif

.PHONY: fuzz
fuzz: ## fuzz each target for FUZZTIME
	@script/fuzz $(FUZZTIME)

.PHONY: pictures
pictures: setup ## take the README's pictures anew, into docs/pictures
	@TONGBAN_PICTURES=$(CURDIR)/docs/pictures go test ./internal/stories -count=1 -run '^TestBrowser/licence$$'

.PHONY: clean
clean: ## remove what was built
	@rm -rf bin .cache web/node_modules
	@find internal/page/assets/dist -type f ! -name '.*' -delete 2>/dev/null || true
