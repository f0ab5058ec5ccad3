#!/bin/sh
# Stands for a service: says its version, or runs until it is told to end.
case ${1:-} in
  --version) echo 1.4.0 ;;
  run) exec sleep infinity ;;
  *) echo "usage: fifty --version | run" >&2; exit 2 ;;
esac
