#!/bin/sh
# Adds a shard, a primary and its replica, and moves its share of the slots to it: grow.sh DIRECTORY FIRST_PORT
# Keys are served throughout.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/nodes.sh"

need_redis
[ $# -eq 2 ] || refuse "usage: grow.sh DIRECTORY FIRST_PORT"
need_cluster "$1"
need_free "$2"
need_free $(($2 + 1))
wait_until_well "$1" 5 || refuse "the cluster is not well; check.sh says where" 1
known=$(ports_in "$1" | head -n 1)
start_node "$1" "$2"
start_node "$1" $(($2 + 1))
{
    redis-cli --cluster add-node "$ADDRESS:$2" "$ADDRESS:$known"
    wait_until_well "$1" 30
    primary=$(ask "$2" CLUSTER MYID)
    redis-cli --cluster add-node "$ADDRESS:$(($2 + 1))" "$ADDRESS:$known" --cluster-slave --cluster-master-id "$primary"
    wait_until_well "$1" 30
    # The others must agree on the newcomer before slots move to it.
    sleep 2
    redis-cli --cluster rebalance "$ADDRESS:$known" --cluster-use-empty-masters
    wait_until_well "$1" 30
} >"$1/grow.log" 2>&1 || refuse "the cluster did not grow: $(tail -n 5 "$1/grow.log")" 1
ask "$known" CLUSTER NODES | sed -n 's/^[0-9a-f]* \([^@]*\)@.*master.* connected \(.*\)$/\1 \2/p'
