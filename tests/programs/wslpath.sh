#!/bin/sh
# Stands in for wslpath: only what is there has a path of Windows.
[ "$1" = -w ] && [ -e "$2" ] || { echo "wslpath: $2" >&2; exit 1; }
printf '%s\n' "$2" | sed 's/\//\\/g; s/^/\\\\wsl.localhost\\Debian/'
