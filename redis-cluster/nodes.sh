# shellcheck shell=sh
# What the scripts beside this one share; it is read by them (`. nodes.sh`) and does nothing by itself.

# `here`, their folder, is set by each of them before.
: "${here:?}"
ADDRESS=${ADDRESS:-127.0.0.1}
NODE_TIMEOUT_MS=${NODE_TIMEOUT_MS:-2000}

refuse() {
    echo "$1" >&2
    exit "${2:-2}"
}

need_redis() {
    if ! command -v redis-server >/dev/null || ! command -v redis-cli >/dev/null; then
        refuse "Redis is not installed: \`apt-get install redis-server\` on Debian, \`brew install redis\` on macOS" 3
    fi
}

# The ports of the nodes in a directory, in order.
ports_in() {
    for node in "$1"/node-*; do
        [ -f "$node/redis.conf" ] && echo "${node##*/node-}"
    done
    return 0
}

# A cluster's directory, or a refusal.
need_cluster() {
    [ -n "${1:-}" ] || refuse "which directory? The one that create.sh was given"
    [ -n "$(ports_in "$1")" ] || refuse "there is no cluster in $1: create.sh makes one"
}

# A hung node must not hang the one who asks it.
ask() {
    port=$1
    shift
    timeout 2 redis-cli -h "$ADDRESS" -p "$port" "$@" 2>/dev/null
}

need_free() {
    case "$1" in
    '' | *[!0-9]*) refuse "\"$1\" is no port" ;;
    esac
    if [ "$1" -lt 1024 ] || [ "$1" -gt 55530 ]; then
        refuse "port $1: choose one from 1024 to 55530, for the bus port is 10000 above it"
    fi
    for port in "$1" $(($1 + 10000)); do
        if command -v ss >/dev/null && [ -n "$(ss -Htnl "sport = :$port")" ]; then
            refuse "port $port is in use: choose another first port" 4
        fi
        if ask "$port" PING >/dev/null; then
            refuse "port $port is in use: choose another first port" 4
        fi
    done
}

# The process of a node, if it runs and is what it says.
process_of() {
    process=$(cat "$1/node-$2/redis.pid" 2>/dev/null) || return 1
    case "$(ps -o args= -p "$process" 2>/dev/null)" in
    *redis-server*":$2"*) echo "$process" ;;
    *) return 1 ;;
    esac
}

# Fills in node.conf for a node: write_configuration DIRECTORY PORT
write_configuration() {
    sed -e "s|DIRECTORY|$1|g" -e "s|NODE_TIMEOUT_MS|$NODE_TIMEOUT_MS|" -e "s|^port PORT|port $2|" \
        -e "s|^bind ADDRESS|bind $ADDRESS|" "$here/node.conf" >"$1/redis.conf"
}

start_node() {
    mkdir -p "$1/node-$2"
    write_configuration "$(cd "$1/node-$2" && pwd)" "$2"
    run_node "$1" "$2"
}

run_node() {
    redis-server "$1/node-$2/redis.conf" >/dev/null || refuse "the node on port $2 does not start; see $1/node-$2/redis.log" 1
    attempts=100
    until [ "$(ask "$2" PING)" = PONG ]; do
        attempts=$((attempts - 1))
        [ "$attempts" -gt 0 ] || refuse "the node on port $2 does not answer; see $1/node-$2/redis.log" 1
        sleep 0.05
    done
}

# Whether a node sees all slots served, and its own link to its primary up, if it has one.
is_well() {
    ask "$1" CLUSTER INFO | grep -q '^cluster_state:ok' || return 1
    ask "$1" CLUSTER INFO | grep -q '^cluster_slots_ok:16384' || return 1
    ! ask "$1" INFO replication | grep -q '^master_link_status:down'
}

# Waits until every running node of a directory is well, at most so many seconds.
wait_until_well() {
    attempts=$(($2 * 10))
    for port in $(ports_in "$1"); do
        process_of "$1" "$port" >/dev/null || continue
        until is_well "$port"; do
            attempts=$((attempts - 1))
            [ "$attempts" -gt 0 ] || return 1
            sleep 0.1
        done
    done
}
