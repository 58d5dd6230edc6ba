#!/bin/sh
# Lendery as it runs in production, as plain processes on this machine's loopback: PostgreSQL, a Redis Cluster, NATS, two
# of each service that people wait for, and a pair of gateways.
#
#   production.sh start DIRECTORY     makes what is missing in DIRECTORY and starts everything; again: what does not run
#   production.sh servers DIRECTORY   the same without Lendery: PostgreSQL with its databases, the Redis Cluster and NATS
#   production.sh status DIRECTORY    how each part stands; ends with 1 unless all are well
#   production.sh doctor DIRECTORY    what `lendery doctor` finds: databases, clock, Redis, processes, breakers, warehouse
#   production.sh restart DIRECTORY   every process of Lendery anew, one after another, each once the one before is ready
#   production.sh stop DIRECTORY      stops everything; what it keeps stays in DIRECTORY
#
# Variables: FIRST_PORT (8100) is where the first gateway listens; the others are on the 600 ports above it and, between
# the nodes of Redis, on 10000 above theirs. BIN (target/release) is where the programs are.
set -eu
here=$(cd "$(dirname "$0")" && pwd)

refuse() {
    echo "$1" >&2
    exit "${2:-2}"
}

[ $# -eq 2 ] || refuse "usage: production.sh start|servers|status|doctor|restart|stop DIRECTORY"
mkdir -p "$2/run"
directory=$(cd "$2" && pwd)
# What a start was told holds for the commands after it.
FIRST_PORT=${FIRST_PORT:-$(cat "$directory/run/first-port" 2>/dev/null || echo 8100)}
BIN=${BIN:-$(cat "$directory/run/bin" 2>/dev/null || echo "$here/../../target/release")}
. "$here/parts.sh"
. "$here/servers.sh"

# The process of a part, if it runs and is what it says.
process_of() {
    process=$(cat "$directory/run/$1.pid" 2>/dev/null) || return 1
    case "$(ps -o args= -p "$process" 2>/dev/null)" in
    *"/$(program_of "$1")"*) echo "$process" ;;
    *) return 1 ;;
    esac
}

is_ready() { curl -fs -o /dev/null -m 2 "http://127.0.0.1:$(ops_port_of "$1")/readyz"; }

wait_until_ready() {
    attempts=300
    until is_ready "$1"; do
        # Right after its start a process has not become its program yet, so its name says nothing here.
        kill -0 "$(cat "$directory/run/$1.pid")" 2>/dev/null || refuse "$1 has stopped: $(tail -n 1 "$directory/logs/$1.log")" 1
        attempts=$((attempts - 1))
        [ "$attempts" -gt 0 ] || refuse "$1 is not ready after 30 s; see $directory/logs/$1.log" 1
        sleep 0.1
    done
}

start_part() {
    ! process_of "$1" >/dev/null || return 0
    # No setting has a space in it: addresses, ports, and the names of files, which DIRECTORY was checked for.
    # shellcheck disable=SC2046 # a list of words
    env $(settings_of "$1") setsid "$BIN/$(program_of "$1")" --linger-ms 3000 >>"$directory/logs/$1.log" 2>&1 </dev/null &
    echo $! >"$directory/run/$1.pid"
}

# Asks a part to finish what it has begun, and waits until it has.
stop_part() {
    process=$(process_of "$1") || return 0
    kill -TERM "$process"
    attempts=300
    while process_of "$1" >/dev/null; do
        attempts=$((attempts - 1))
        [ "$attempts" -gt 0 ] || kill -KILL "$process"
        sleep 0.1
    done
    rm -f "$directory/run/$1.pid"
}

names() { parts | cut -d ' ' -f 1; }
names_backwards() { names | sed '1!G;h;$!d'; }

need_programs() {
    for program in $(parts | cut -d ' ' -f 2 | sort -u); do
        [ -x "$BIN/$program" ] || refuse "there is no $BIN/$program: \`cargo build --release --workspace --bins\` builds it" 3
    done
}

servers() {
    case "$directory" in
    *[!a-zA-Z0-9/._-]*) refuse "$directory: choose a directory whose path is letters, digits, dots, dashes and underscores" ;;
    esac
    need curl curl
    mkdir -p "$directory/logs" "$directory/photos"
    echo "$FIRST_PORT" >"$directory/run/first-port"
    echo "$BIN" >"$directory/run/bin"
    sh "$here/../secrets.sh" "$secrets" "127.0.0.1:$postgres_port"
    start_servers
}

start() {
    need_programs
    servers
    for name in $(names); do start_part "$name"; done
    for name in $(names); do wait_until_ready "$name"; done
    echo "ready http://127.0.0.1:$(port_of gateway-1) http://127.0.0.1:$(port_of gateway-2)"
}

status() {
    well=0
    say() {
        printf '%-14s %-10s %s\n' "$1" "$2" "$3"
        [ "$2" = ready ] || well=1
    }
    if postgres_is_ready; then say postgres ready "port $postgres_port"; else say postgres down ""; fi
    if redis_is_ready; then say redis ready "ports $redis_port to $((redis_port + 5))"; else say redis "not well" "redis-cluster/check.sh $directory/redis says where"; fi
    if nats_is_ready; then say nats ready "port $nats_port"; else say nats down ""; fi
    for name in $(names); do
        if ! process_of "$name" >/dev/null; then
            say "$name" down "$directory/logs/$name.log says why"
        elif is_ready "$name"; then
            say "$name" ready "port $(port_of "$name"), operations $(ops_port_of "$name")"
        else
            say "$name" "not ready" "http://127.0.0.1:$(ops_port_of "$name")/readyz says why"
        fi
    done
    return "$well"
}

doctor() {
    [ -x "$BIN/lendery" ] || refuse "there is no $BIN/lendery: \`cargo build --release --workspace --bins\` builds it" 3
    "$BIN/lendery" doctor --secrets "$secrets" --redis "$(redis_urls)" \
        --ops "$(for name in $(names); do printf 'http://127.0.0.1:%s,' "$(ops_port_of "$name")"; done | sed 's/,$//')"
}

restart() {
    need_programs
    for name in $(names); do
        stop_part "$name"
        start_part "$name"
        wait_until_ready "$name"
        echo "$name is ready again"
    done
}

stop() {
    for name in $(names_backwards); do stop_part "$name"; done
    stop_servers
}

case "$1" in
start | servers | status | doctor | restart | stop) "$1" ;;
*) refuse "\"$1\" is none of start, servers, status, doctor, restart and stop" ;;
esac
