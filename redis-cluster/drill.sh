#!/bin/sh
# Breaks a cluster on purpose and says what happened: drill.sh DIRECTORY kill|hang|pause|restart
#   kill     a primary dies; its replica takes over; it comes back as a replica
#   hang     a primary is stopped (SIGSTOP) until its replica has taken over, then goes on
#   pause    a primary is stopped for half of the node timeout: nobody takes over
#   restart  every node is restarted, one after another
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/nodes.sh"

need_redis
[ $# -eq 2 ] || refuse "usage: drill.sh DIRECTORY kill|hang|pause|restart"
need_cluster "$1"
wait_until_well "$1" 10 || refuse "the cluster is not well, so there is nothing to learn; check.sh says where" 1

milliseconds() { echo $(($(date +%s%N) / 1000000)); }

primary() {
    for port in $(ports_in "$1"); do
        if ask "$port" INFO replication | grep -q '^role:master'; then
            echo "$port"
            return
        fi
    done
}

# Whether another node has given this one up and sees all slots served.
is_replaced() {
    for port in $(ports_in "$1"); do
        [ "$port" != "$2" ] || continue
        if ask "$port" CLUSTER NODES | grep -q ":$2@[^ ]* [a-z,]*fail " &&
            ask "$port" CLUSTER INFO | grep -q '^cluster_slots_ok:16384'; then
            return 0
        fi
    done
    return 1
}

wait_for_failover() {
    attempts=300
    until is_replaced "$1" "$2"; do
        attempts=$((attempts - 1))
        [ "$attempts" -gt 0 ] || refuse "nobody took over from port $2 within 30 s" 1
        sleep 0.1
    done
}

victim=$(primary "$1")
process=$(process_of "$1" "$victim")
began=$(milliseconds)
case "$2" in
kill)
    kill -KILL "$process"
    wait_for_failover "$1" "$victim"
    echo "port $victim killed: its slots were served again after $(($(milliseconds) - began)) ms"
    run_node "$1" "$victim"
    ;;
hang)
    trap 'kill -CONT "$process" 2>/dev/null || true' EXIT
    kill -STOP "$process"
    wait_for_failover "$1" "$victim"
    echo "port $victim hung: its slots were served again after $(($(milliseconds) - began)) ms"
    kill -CONT "$process"
    ;;
pause)
    trap 'kill -CONT "$process" 2>/dev/null || true' EXIT
    timeout_ms=$(ask "$victim" CONFIG GET cluster-node-timeout | tail -n 1)
    kill -STOP "$process"
    sleep "$(awk "BEGIN { print $timeout_ms / 2000 }")"
    kill -CONT "$process"
    ask "$victim" INFO replication | grep -q '^role:master' || refuse "port $victim lost its place in a short pause" 1
    echo "port $victim paused for $(($(milliseconds) - began)) ms: it is still primary"
    ;;
restart)
    for port in $(ports_in "$1"); do
        kill -TERM "$(process_of "$1" "$port")"
        while process_of "$1" "$port" >/dev/null; do sleep 0.05; done
        run_node "$1" "$port"
        wait_until_well "$1" 30 || refuse "the cluster is not well 30 s after port $port was restarted" 1
    done
    echo "all nodes restarted after $(($(milliseconds) - began)) ms"
    ;;
*) refuse "\"$2\" is no drill: kill, hang, pause or restart" ;;
esac
wait_until_well "$1" 30 || refuse "the cluster is not well after 30 s" 1
echo "all well after $(($(milliseconds) - began)) ms"
