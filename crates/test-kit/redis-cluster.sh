#!/bin/sh
# A private Redis Cluster for tests: creates one in a temporary directory on free ports, prints the directory and then the
# nodes' URLs on one line once all slots are served, and stops it when standard input ends. The holder of the other end of
# that pipe may return, panic or be killed: the pipe closes all the same.
#
# The argument is the folder of the scripts that create and stop a cluster.
set -eu

scripts=$1
directory=$(mktemp -d "${TMPDIR:-/tmp}/lendery-redis.XXXXXX")
stop() {
    trap - EXIT
    sh "$scripts/stop.sh" "$directory/cluster" >/dev/null 2>&1 || true
    rm -rf "$directory"
}
trap stop EXIT
trap 'exit 143' HUP INT TERM

# Long enough for a busy machine, short enough for a test that waits for a failover.
export NODE_TIMEOUT_MS=1000
attempts=5
while [ "$attempts" -gt 0 ]; do
    attempts=$((attempts - 1))
    # With the bus ports 10000 above, below the range the kernel hands out on its own.
    first=$((10000 + $(od -An -N2 -tu2 /dev/urandom | tr -d ' \n') % 12000))
    if urls=$(sh "$scripts/create.sh" "$directory/cluster" "$first" 2>"$directory/error"); then
        # shellcheck disable=SC2086 # a list of words, on one line
        echo "$directory/cluster" $urls
        while read -r _; do :; done
        exit 0
    fi
    # Only another one on the same ports is worth a second try.
    grep -q 'in use' "$directory/error" || break
done
cat "$directory/error" >&2
exit 3
