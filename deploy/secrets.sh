#!/bin/sh
# Makes the secrets of a production topology: secrets.sh DIRECTORY [POSTGRES_HOST:PORT]
#
# Files that are there already stay as they are, so it may run again after an upgrade that needs a new one. Each is mode
# 0600 in a directory of mode 0700: programs refuse secrets that others can read. POSTGRES_HOST:PORT, `postgres:5432` if
# absent, goes into the addresses of the databases, which hold their passwords and are secrets for that reason; they are
# written anew each time.
set -eu
umask 077

[ $# -ge 1 ] || { echo "usage: secrets.sh DIRECTORY [POSTGRES_HOST:PORT]" >&2; exit 2; }
secrets=$1
server=${2:-postgres:5432}
mkdir -p "$secrets"
chmod 700 "$secrets"

# 32 random bytes in hexadecimal: nothing in it has a meaning in an address, a shell or SQL.
secret() {
    [ -s "$secrets/$1" ] || od -An -N32 -tx1 /dev/urandom | tr -d ' \n' >"$secrets/$1"
    chmod 600 "$secrets/$1"
}

# Writes the address of the database DATABASE as ROLE into FILE: address FILE ROLE DATABASE
address() {
    printf 'postgres://%s:%s@%s/%s' "$2" "$(cat "$secrets/$2-password")" "$server" "$3" >"$secrets/$1"
}

for name in service-credential session-key warehouse-key postgres-password grafana-password; do
    secret "$name"
done
for role in users inventory orders payments etl; do
    secret "$role-password"
    address "$role-database-url" "$role" "$role"
done
for source in users inventory orders payments; do
    address "etl-$source-database-url" etl "$source"
done
