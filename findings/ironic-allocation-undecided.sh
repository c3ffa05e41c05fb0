#!/usr/bin/env bash
# Ironic 39.0.0 (from PyPI) on SQLite: of allocations that are asked for at once, some stay `allocating` for good. The
# conductor meets "database is locked" as it claims a node, meets it again as it writes down that it failed, and never
# looks at the allocation again as long as it lives (only those of dead conductors are taken over).
#
# Why it matters: a client that waits for "active" or "error" waits for ever, and the UUID is taken, so asking again is refused
# with 409. A client has to give up by itself: delete the allocation, and ask again.
#
# Needs: python3 with venv, curl, network to a Python package index (or IRONIC_ENVIRONMENT: a venv that has it), port
# 16385. Fails when the behaviour changes; a race, so it is tried ten times.
set -euo pipefail

work=$(mktemp -d)
server=
trap '[ -z "$server" ] || { kill "$server"; wait "$server" || true; }; rm -rf "$work"' EXIT

environment=${IRONIC_ENVIRONMENT:-$work/environment}
if [ ! -x "$environment/bin/ironic" ]; then
  python3 -m venv "$environment"
  "$environment/bin/pip" install --quiet ironic==39.0.0 > "$work/pip.log" 2>&1 || { cat "$work/pip.log"; exit 2; }
fi

cat > "$work/ironic.conf" <<CONF
[DEFAULT]
auth_strategy = noauth
rpc_transport = none
host = finding
state_path = $work
log_file = $work/ironic.log
enabled_hardware_types = fake-hardware
enabled_boot_interfaces = fake
enabled_deploy_interfaces = fake
enabled_management_interfaces = fake
enabled_power_interfaces = fake
enabled_inspect_interfaces = no-inspect
enabled_raid_interfaces = no-raid
enabled_vendor_interfaces = no-vendor
enabled_bios_interfaces = no-bios
enabled_firmware_interfaces = no-firmware
enabled_console_interfaces = no-console
enabled_storage_interfaces = noop
enabled_network_interfaces = noop
default_network_interface = noop
[api]
host_ip = 127.0.0.1
port = 16385
api_workers = 1
[conductor]
automated_clean = false
[database]
connection = sqlite:///$work/ironic.db
CONF
"$environment/bin/ironic-dbsync" --config-file "$work/ironic.conf" create_schema > "$work/schema.log" 2>&1
"$environment/bin/ironic" --config-file "$work/ironic.conf" > "$work/ironic.out" 2>&1 &
server=$!

api() {
  curl --silent --max-time 60 --header 'X-OpenStack-Ironic-API-Version: 1.72' --header 'Content-Type: application/json' \
    --request "$1" "http://127.0.0.1:16385/v1/$2" ${3:+--data "$3"}
}
for second in $(seq 121); do
  api GET '' > /dev/null && break
  [ "$second" -le 120 ] || { tail -n 20 "$work/ironic.out"; exit 2; }
  sleep 1
done

nodes=6
for n in $(seq $nodes); do
  api POST nodes "{\"name\": \"node-$n\", \"driver\": \"fake-hardware\", \"resource_class\": \"small\"}" > /dev/null
  api PUT "nodes/node-$n/states/power" '{"target": "power off"}' > /dev/null
  for step in manage:manageable provide:available; do
    api PUT "nodes/node-$n/states/provision" "{\"target\": \"${step%%:*}\"}" > /dev/null
    until api GET "nodes/node-$n?fields=provision_state" | grep -q "\"${step##*:}\""; do sleep 0.2; done
  done
done

for try in $(seq 10); do
  requests=()
  for n in $(seq $nodes); do
    api POST allocations "{\"name\": \"machine-$n\", \"resource_class\": \"small\"}" > /dev/null &
    requests+=($!)
  done
  wait "${requests[@]}"
  # Ironic itself tries for a few seconds.
  sleep 20
  undecided=$(api GET 'allocations?state=allocating' | grep -o '"uuid"' | wc -l)
  if [ "$undecided" -gt 0 ]; then
    grep -q 'database is locked' "$work/ironic.log" || { echo "changed: for another reason"; exit 1; }
    echo "as described: $undecided of $nodes allocations are undecided after 20 seconds (try $try)"
    exit 0
  fi
  for n in $(seq $nodes); do api DELETE "allocations/machine-$n" > /dev/null; done
done
echo "changed: every allocation was decided"
exit 1
