#!/bin/sh
# A private PostgreSQL for tests: starts one in a temporary directory on a free port, prints its URL on standard output
# once it accepts connections, and stops it and removes the directory when standard input ends. The holder of the other
# end of that pipe may return, panic or be killed: the pipe closes all the same.
#
# Each argument is a setting for the server, such as fsync=on; by default it trades durability for speed. Before the
# settings may stand --standby-of=URL, for a copy that follows the server there through a replication slot, and --port=PORT.
# A line on standard input, answered with one, does something to the server: `crash` kills it outright, `freeze` stops it in
# the middle of everything and leaves its connections open.
# By hand: `sh crates/test-kit/postgres.sh`, then `export LENDERY_TEST_POSTGRES=<the URL>` in the shell that runs tests.
set -eu

# Prints the directory of the newest server; pg_config may belong to a client-only installation, hence the probe.
find_binaries() {
    debian=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -rV) || true
    homebrew=$(ls -d /opt/homebrew/opt/postgresql*/bin /usr/local/opt/postgresql*/bin 2>/dev/null | sort -rV) || true
    for candidate in $debian $homebrew "$(pg_config --bindir 2>/dev/null || true)"; do
        if [ -x "$candidate/initdb" ] && [ -x "$candidate/postgres" ]; then
            echo "$candidate"
            return
        fi
    done
    echo "PostgreSQL's server is not installed: \`apt-get install postgresql\` on Debian, \`brew install postgresql\` on macOS" >&2
    exit 3
}

# The server's own processes; each of its backends has left the process group.
processes() { echo "$server"; pgrep -P "$server" || true; }

# shellcheck disable=SC2046 # lists of numbers
obey() {
    case "$1" in
    crash)
        # The signal reaches a frozen server, too.
        kill -KILL $(processes) 2>/dev/null || true
        wait "$server" 2>/dev/null || true
        server=
        ;;
    freeze) kill -STOP $(processes) ;;
    *)
        echo "postgres.sh does not know $1" >&2
        exit 2
        ;;
    esac
    echo "$1"
}

random_number() { od -An -N2 -tu2 /dev/urandom | tr -d ' \n'; }

stop() {
    trap - EXIT
    if [ -n "$server" ]; then
        # Nobody needs the data any more, so no shutdown checkpoint either. A frozen server takes a signal once it goes on.
        kill -QUIT "$server" 2>/dev/null || true
        # shellcheck disable=SC2046 # a list of numbers
        kill -CONT $(processes) 2>/dev/null || true
        wait "$server" 2>/dev/null || true
    fi
    rm -rf "$directory"
}

standby_of=
fixed_port=
while [ $# -gt 0 ]; do
    case "$1" in
    --standby-of=*) standby_of=${1#*=} ;;
    --port=*) fixed_port=${1#*=} ;;
    *) break ;;
    esac
    shift
done

server=
binaries=$(find_binaries)
directory=$(mktemp -d "${TMPDIR:-/tmp}/lendery-postgres.XXXXXX")
trap stop EXIT
trap 'exit 143' HUP INT TERM
password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
echo "$password" >"$directory/password"

# PostgreSQL refuses to run as root. On Linux it also dies with this script, should that be killed outright.
as_server=
if command -v setpriv >/dev/null; then
    as_server="setpriv --pdeathsig QUIT"
fi
if [ "$(id -u)" = 0 ]; then
    id postgres >/dev/null 2>&1 || { echo "run as an ordinary user: there is no user postgres for root to hand over to" >&2; exit 3; }
    [ -n "$as_server" ] || { echo "setpriv (util-linux) is missing: run as an ordinary user" >&2; exit 3; }
    chown -R postgres "$directory"
    as_server="$as_server --reuid=postgres --regid=postgres --init-groups"
fi

cd "$directory"
make_data() {
    if [ -z "$standby_of" ]; then
        $as_server "$binaries/initdb" --pgdata=data --username=postgres --pwfile=password --auth=password \
            --encoding=UTF8 --locale=C.UTF-8 --no-sync
        return
    fi
    # A standby has the passwords of the server it follows.
    password=${standby_of#*://postgres:}
    password=${password%%@*}
    $as_server "$binaries/pg_basebackup" --dbname="$standby_of" --pgdata=data --wal-method=stream --checkpoint=fast \
        --write-recovery-conf --create-slot --slot=standby --no-sync
}
if ! make_data >data.log 2>&1; then
    cat data.log >&2
    exit 1
fi

settings="fsync=off synchronous_commit=off full_page_writes=off max_connections=500 listen_addresses=127.0.0.1 $*"
attempts=5
while [ "$attempts" -gt 0 ]; do
    attempts=$((attempts - 1))
    # Below the range the kernel hands out on its own, so no outgoing connection sits on it.
    port=${fixed_port:-$((20000 + $(random_number) % 12000))}
    options=
    for setting in $settings port=$port unix_socket_directories=..; do
        options="$options -c $setting"
    done
    # shellcheck disable=SC2086 # a list of words
    $as_server "$binaries/postgres" -D data $options >server.log 2>&1 </dev/null &
    server=$!
    while kill -0 "$server" 2>/dev/null; do
        # The eighth line of the lock file is the state: only our own server writes it, whoever else holds the port.
        case "$(sed -n 8p data/postmaster.pid 2>/dev/null || true)" in
        ready*)
            echo "postgres://postgres:$password@127.0.0.1:$port/postgres"
            while read -r order; do obey "$order"; done
            exit 0
            ;;
        esac
        sleep 0.05
    done
    server=
    grep -q 'could not bind' server.log || break
done
cat server.log >&2
exit 1
