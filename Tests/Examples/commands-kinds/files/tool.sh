#!/bin/sh
printf '%s|' "$@"
echo "$PWD" | sed 's,.*/,,'
touch by-script
