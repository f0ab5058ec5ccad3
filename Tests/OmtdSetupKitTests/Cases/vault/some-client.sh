#!/bin/sh
[ "$1 $2" = "--vault-id dev" ] && cat "$(dirname "$0")/other"
