N ?= 4

# Debian machines for the tests: `make hosts N=4`
hosts:
	Tests/Hosts/hosts up $(N)

hosts-down:
	Tests/Hosts/hosts down

.PHONY: hosts hosts-down
