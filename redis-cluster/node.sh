#!/bin/sh
# Runs one node in the foreground, as a container does: node.sh DIRECTORY ADDRESS PORT
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/nodes.sh"

[ $# -eq 3 ] || refuse "usage: node.sh DIRECTORY ADDRESS PORT"
ADDRESS=$2
write_configuration "$1" "$3"
# What the container prints is its log. Other containers are no loopback, and no stranger is on their network.
exec redis-server "$1/redis.conf" --daemonize no --logfile "" --protected-mode no
