#!/usr/bin/env bash
# Ironic 39.0.0 (from PyPI): `ironic-dbsync upgrade`, which the installation guide has operators run, fails on a new SQLite
# database. Its migrations alter constraints, which SQLite cannot. `ironic-dbsync create_schema` works.
#
# Why it matters: SQLite is what Ironic's small installations use (Metal3, Bifrost's tests, a rack with one conductor). A
# fixture or a site that runs "upgrade" on every start, as one does with other services, gets a database with half of the
# tables, and `create_schema` refuses to go on from there.
#
# Needs: python3 with venv, network to a Python package index (or IRONIC_ENVIRONMENT: a venv that has it). Fails when the
# behaviour changes.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

environment=${IRONIC_ENVIRONMENT:-$work/environment}
if [ ! -x "$environment/bin/ironic-dbsync" ]; then
  python3 -m venv "$environment"
  "$environment/bin/pip" install --quiet ironic==39.0.0 > "$work/pip.log" 2>&1 || { cat "$work/pip.log"; exit 2; }
fi

configuration() {
  printf '[DEFAULT]\nstate_path = %s\n[database]\nconnection = sqlite:///%s/%s.db\n' "$work" "$work" "$1" > "$work/$1.conf"
}
configuration upgraded
configuration created

if "$environment/bin/ironic-dbsync" --config-file "$work/upgraded.conf" upgrade > "$work/upgrade.txt" 2>&1; then
  echo "changed: upgrade runs on a new SQLite database"
  exit 1
fi
if ! grep -q "No support for ALTER of constraints in SQLite" "$work/upgrade.txt"; then
  echo "changed: it fails for another reason:"
  tail -n 5 "$work/upgrade.txt"
  exit 1
fi
if "$environment/bin/ironic-dbsync" --config-file "$work/upgraded.conf" create_schema > "$work/again.txt" 2>&1; then
  echo "changed: create_schema goes on from a half-made database"
  exit 1
fi
"$environment/bin/ironic-dbsync" --config-file "$work/created.conf" create_schema > "$work/create.txt" 2>&1 || {
  echo "changed: create_schema does not work either"
  exit 1
}
echo "as described: $(grep -o 'No support for ALTER of constraints in SQLite dialect' "$work/upgrade.txt" | head -n 1); create_schema works"
