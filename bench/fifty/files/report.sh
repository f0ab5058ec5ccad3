#!/bin/sh
# Stands for timed work: one line to standard output, nothing else.
echo "report ${1:-none}: $(date -u +%Y-%m-%d)"
