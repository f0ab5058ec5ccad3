N ?= 4

help:
	@sed -n 's/^# \(make .*\)/\1/p' Makefile

# make install      what the build and the tests need, of Debian packages
install:
	@scripts/install

# make build        the program: .build/debug/omtd-setup
build: install
	swift build --product omtd-setup

# make test         all tests, with four booted hosts; needs root
test:
	@scripts/test

# make check        the whole gate: format, generated files, warnings as errors, tests
check:
	@scripts/check

# make generate     Sources/Modules/Registry.swift
generate:
	@scripts/generate

# make demo         a cloud on this computer, six machines made and configured, and its end; needs root
demo:
	@scripts/demo

# make chaos        five minutes of random faults on 200 simulated machines; SECONDS=60 MACHINES=40 SEED=1 choose others
chaos:
	swift build --product omtd-setup
	swift build --product okeanos-sandbox
	Tests/Chaos/run --seconds $(or $(SECONDS),300) --machines $(or $(MACHINES),200) $(if $(SEED),--seed $(SEED))

# make hosts N=4    Debian machines on this computer, for the tests and for trying things out
hosts:
	Tests/Hosts/hosts up $(N)

# make hosts-down   stops and removes them
hosts-down:
	Tests/Hosts/hosts down

.PHONY: help install build test check generate demo chaos hosts hosts-down
