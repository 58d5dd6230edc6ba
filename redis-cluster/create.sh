#!/bin/sh
# Creates and starts a cluster of three primaries with a replica each: create.sh DIRECTORY FIRST_PORT
# The nodes listen on six ports from FIRST_PORT on, and on each plus 10000 for each other. ADDRESS (127.0.0.1) and
# NODE_TIMEOUT_MS (2000) may be set. On failure nothing stays behind.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/nodes.sh"

need_redis
[ $# -eq 2 ] || refuse "usage: create.sh DIRECTORY FIRST_PORT"
directory_of_all=$1
first=$2
[ -z "$(ports_in "$directory_of_all")" ] || refuse "$directory_of_all holds a cluster already: stop.sh removes it"
need_free "$first"
for offset in 1 2 3 4 5; do
    need_free $((first + offset))
done

trap 'sh "$here/stop.sh" "$directory_of_all" >/dev/null 2>&1' EXIT
trap 'exit 143' HUP INT TERM
nodes=
for offset in 0 1 2 3 4 5; do
    start_node "$directory_of_all" $((first + offset))
    nodes="$nodes $ADDRESS:$((first + offset))"
done
# shellcheck disable=SC2086 # a list of words
redis-cli --cluster create $nodes --cluster-replicas 1 --cluster-yes >"$directory_of_all/create.log" 2>&1 ||
    refuse "the nodes do not form a cluster: $(cat "$directory_of_all/create.log")" 1
wait_until_well "$directory_of_all" 30 || refuse "the cluster is not well after 30 s: check.sh says how it stands" 1
trap - EXIT
for node in $nodes; do
    echo "redis://$node"
done
