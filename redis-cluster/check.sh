#!/bin/sh
# Says how each node of a cluster stands: check.sh DIRECTORY. Ends with 1 unless all run and serve all slots.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/nodes.sh"

need_redis
need_cluster "${1:-}"
status=0
for port in $(ports_in "$1"); do
    if ! process_of "$1" "$port" >/dev/null; then
        state="not running"
        status=1
    elif [ "$(ask "$port" PING)" != PONG ]; then
        state="hung"
        status=1
    else
        state=$(ask "$port" INFO replication | sed -n 's/^role:\([a-z]*\).*/\1/p')
        if is_well "$port"; then
            state="$state, well"
        else
            state="$state, not well"
            status=1
        fi
    fi
    echo "$ADDRESS:$port $state"
done
exit "$status"
