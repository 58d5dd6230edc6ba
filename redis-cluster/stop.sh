#!/bin/sh
# Stops every node of a cluster, hung ones too, and removes what they kept: stop.sh DIRECTORY
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/nodes.sh"

need_cluster "${1:-}"
for port in $(ports_in "$1"); do
    if process=$(process_of "$1" "$port"); then
        kill -KILL "$process"
        while kill -0 "$process" 2>/dev/null && process_of "$1" "$port" >/dev/null; do sleep 0.02; done
    fi
    rm -rf "$1/node-$port"
done
rm -f "$1/create.log" "$1/grow.log"
rmdir "$1" 2>/dev/null || true
