# shellcheck shell=sh
# The servers that Lendery needs in production, started from the system's packages; it is read by production.sh.

: "${directory:?}" "${here:?}" "${secrets:?}" "${postgres_port:?}" "${redis_port:?}" "${nats_port:?}"
export PGHOST=127.0.0.1 PGPORT="$postgres_port" PGUSER=postgres

# need PROGRAM PACKAGE
need() {
    command -v "$1" >/dev/null || refuse "$1 is not installed: \`apt-get install $2\` on Debian, \`brew install $2\` on macOS" 3
}

postgres_binaries() {
    for candidate in $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -rV) "$(pg_config --bindir 2>/dev/null || true)"; do
        if [ -x "$candidate/initdb" ] && [ -x "$candidate/pg_ctl" ]; then
            echo "$candidate"
            return
        fi
    done
    refuse "PostgreSQL's server is not installed: \`apt-get install postgresql\` on Debian, \`brew install postgresql\` on macOS" 3
}

# PostgreSQL refuses to run as root, who hands over to the user of the system's package.
as_postgres() {
    if [ "$(id -u)" = 0 ]; then
        setpriv --reuid=postgres --regid=postgres --init-groups "$@"
    else
        "$@"
    fi
}

postgres_is_ready() { "$(postgres_binaries)/pg_isready" --quiet --timeout 2; }
redis_is_ready() { sh "$here/../../redis-cluster/check.sh" "$directory/redis" >/dev/null 2>&1; }
nats_is_ready() { curl -fs -o /dev/null -m 2 "http://127.0.0.1:$((nats_port + 1))/healthz"; }

start_postgres() {
    binaries=$(postgres_binaries)
    data=$directory/postgres
    if [ ! -s "$data/PG_VERSION" ]; then
        mkdir -p "$data"
        password=$(mktemp)
        cat "$secrets/postgres-password" >"$password"
        if [ "$(id -u)" = 0 ]; then chown postgres "$data" "$password"; fi
        chmod 711 "$directory"
        as_postgres "$binaries/initdb" --pgdata="$data" --username=postgres --pwfile="$password" \
            --auth=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 >"$directory/logs/initdb.log" 2>&1 ||
            refuse "PostgreSQL cannot be set up: $(tail -n 1 "$directory/logs/initdb.log")" 1
        rm -f "$password"
    fi
    if ! postgres_is_ready; then
        as_postgres "$binaries/pg_ctl" --pgdata="$data" --log="$data/server.log" --wait --timeout=30 \
            -o "-c listen_addresses=127.0.0.1 -c port=$postgres_port -c unix_socket_directories='' -c max_connections=200" \
            start >/dev/null || refuse "PostgreSQL does not start: $(tail -n 1 "$data/server.log")" 1
    fi
    PGPASSWORD=$(cat "$secrets/postgres-password") sh "$here/../postgres/databases.sh" "$secrets" >/dev/null
}

start_nats() {
    ! nats_is_ready || return 0
    setsid nats-server --addr 127.0.0.1 --port "$nats_port" --http_port $((nats_port + 1)) --jetstream \
        --store_dir "$directory/nats" --pid "$directory/run/nats.pid" >>"$directory/logs/nats.log" 2>&1 </dev/null &
    attempts=100
    until nats_is_ready; do
        attempts=$((attempts - 1))
        [ "$attempts" -gt 0 ] || refuse "NATS does not start: $(tail -n 1 "$directory/logs/nats.log")" 1
        sleep 0.1
    done
}

start_servers() {
    need psql postgresql-client
    need redis-server redis-server
    need nats-server nats-server
    start_postgres
    # What the nodes hold is a cache, so a cluster that is not well is made anew.
    if ! redis_is_ready; then
        if [ -d "$directory/redis" ]; then sh "$here/../../redis-cluster/stop.sh" "$directory/redis" >/dev/null 2>&1 || true; fi
        sh "$here/../../redis-cluster/create.sh" "$directory/redis" "$redis_port" >/dev/null
    fi
    start_nats
}

stop_servers() {
    nats=$(cat "$directory/run/nats.pid" 2>/dev/null) && kill -TERM "$nats" 2>/dev/null || true
    if [ -d "$directory/redis" ]; then sh "$here/../../redis-cluster/stop.sh" "$directory/redis" || true; fi
    if [ -s "$directory/postgres/PG_VERSION" ] && postgres_is_ready; then
        as_postgres "$(postgres_binaries)/pg_ctl" --pgdata="$directory/postgres" --mode=fast --wait stop >/dev/null
    fi
}
