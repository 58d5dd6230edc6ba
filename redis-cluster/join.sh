#!/bin/sh
# Makes running nodes one cluster: join.sh ADDRESS:PORT ... Half of them become primaries, the others their replicas.
# Nodes that form a cluster already stay as they are, so it may run at every start.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/nodes.sh"

command -v redis-cli >/dev/null || refuse "redis-cli is not installed: \`apt-get install redis-tools\` on Debian" 3
[ $# -ge 6 ] || refuse "usage: join.sh ADDRESS:PORT ..., six nodes at least"

# ask_at ADDRESS:PORT COMMAND: as `ask`, of a node anywhere.
ask_at() {
    node=$1
    shift
    timeout 2 redis-cli -h "${node%:*}" -p "${node##*:}" "$@" 2>/dev/null
}

serves_all() { ask_at "$1" CLUSTER INFO | grep -q '^cluster_slots_ok:16384'; }

for node in "$@"; do
    attempts=300
    until [ "$(ask_at "$node" PING)" = PONG ]; do
        attempts=$((attempts - 1))
        [ "$attempts" -gt 0 ] || refuse "the node at $node does not answer" 1
        sleep 0.1
    done
done
if ! serves_all "$1"; then
    redis-cli --cluster create "$@" --cluster-replicas 1 --cluster-yes
fi
for node in "$@"; do
    attempts=300
    until serves_all "$node"; do
        attempts=$((attempts - 1))
        [ "$attempts" -gt 0 ] || refuse "the node at $node does not see all slots served: $(ask_at "$node" CLUSTER INFO | head -n 1)" 1
        sleep 0.1
    done
done
