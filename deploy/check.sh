#!/bin/sh
# Checks what is in this folder and docker-compose.yml without a cluster or a daemon: check.sh DIRECTORY
#
# DIRECTORY keeps a Python environment with the validators between runs. What needs a program that is not here is skipped
# and said.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/.." && pwd)

[ $# -eq 1 ] || { echo "usage: check.sh DIRECTORY" >&2; exit 2; }
python=$1/deploy-venv
built=$(mktemp -d)
trap 'rm -rf "$built"' EXIT
mkdir -p "$1"

if ! cmp -s "$here/requirements.txt" "$python/requirements.txt"; then
    rm -rf "$python"
    python3 -m venv "$python"
    "$python/bin/pip" install --quiet --disable-pip-version-check --requirement "$here/requirements.txt"
    cp "$here/requirements.txt" "$python/requirements.txt"
fi

has() { command -v "$1" >/dev/null || { echo "skipped, for $1 is not installed: $2"; return 1; }; }

echo "scripts"
for script in "$here"/*.sh "$here"/*/*.sh "$root"/redis-cluster/*.sh; do
    sh -n "$script"
done

echo "docker-compose.yml"
"$python/bin/check-jsonschema" --quiet --builtin-schema vendor.compose-spec "$root/docker-compose.yml"
if has docker-compose "docker-compose config"; then
    (cd "$root" && docker-compose --file docker-compose.yml --profile monitoring config --quiet)
fi

echo "kubernetes"
schemas=$here/kubernetes/schemas
"$python/bin/check-jsonschema" --quiet --schemafile "$schemas/postgresql.json" "$here/kubernetes/base/postgresql.yaml"
"$python/bin/check-jsonschema" --quiet --schemafile "$schemas/servicemonitor.json" "$here/kubernetes/base/monitors.yaml"
for manifest in "$here"/kubernetes/base/*.yaml; do
    case "$manifest" in
    */kustomization.yaml | */postgresql.yaml | */monitors.yaml) ;;
    *) "$python/bin/kubernetes-validate" --strict --quiet "$manifest" ;;
    esac
done
if has kubectl "the overlays as kustomize builds them"; then
    for overlay in small large; do
        kubectl kustomize "$here/kubernetes/overlays/$overlay" >"$built/$overlay.yaml"
        "$python/bin/kubernetes-validate" --strict --quiet --no-warn "$built/$overlay.yaml"
    done
fi

echo "monitoring"
if has promtool "the rules and their tests"; then
    promtool check config "$here/monitoring/prometheus.yml" >/dev/null
    (cd "$here/monitoring" && promtool test rules rules.test.yml >"$built/rules" 2>&1) || { cat "$built/rules"; exit 1; }
fi
