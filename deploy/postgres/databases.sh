#!/bin/sh
# Makes one role and one database per service, and the warehouse's role that reads them all: databases.sh SECRETS
#
# SECRETS is the directory that deploy/secrets.sh has filled. The server and its superuser are said as psql wants them
# (PGHOST, PGPORT, PGUSER, PGPASSWORD). What is there already stays; passwords are set to those of the files.
set -eu

[ $# -eq 1 ] || { echo "usage: databases.sh SECRETS" >&2; exit 2; }
secrets=$(cd "$1" && pwd)

# Passwords reach psql through its own backquotes, so that no process list shows them.
role() {
    psql --quiet --no-psqlrc --set ON_ERROR_STOP=1 --dbname postgres <<SQL
\\set password \`cat '$secrets/$1-password'\`
SELECT 'CREATE ROLE $1' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '$1') \\gexec
ALTER ROLE $1 LOGIN PASSWORD :'password';
SELECT 'CREATE DATABASE $1 OWNER $1' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '$1') \\gexec
REVOKE ALL ON DATABASE $1 FROM PUBLIC;
SQL
}

# The warehouse reads the tables that a service makes, those of later migrations included, and changes nothing.
readable_by_etl() {
    psql --quiet --no-psqlrc --set ON_ERROR_STOP=1 --dbname "$1" <<SQL
GRANT CONNECT ON DATABASE $1 TO etl;
GRANT USAGE ON SCHEMA public TO etl;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO etl;
ALTER DEFAULT PRIVILEGES FOR ROLE $1 IN SCHEMA public GRANT SELECT ON TABLES TO etl;
SQL
}

for name in users inventory orders payments etl; do
    role "$name"
    psql --quiet --no-psqlrc --set ON_ERROR_STOP=1 --dbname "$name" --command "ALTER SCHEMA public OWNER TO $name"
done
for name in users inventory orders payments; do
    readable_by_etl "$name"
done
