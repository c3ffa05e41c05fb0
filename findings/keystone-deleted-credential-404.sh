#!/usr/bin/env bash
# Keystone 30.0.0 (from PyPI, SQLite): logging in with an application credential that was deleted is answered with 404
# "Could not find Application Credential", while a wrong secret and one that has expired are answered with 401.
#
# Why it matters: deleting it is how an application credential is revoked. A client that takes 401 for "credentials refused"
# and 404 for "no such address" tells its user to correct the address of the cloud, or goes on trying.
# Besides, the answer tells somebody without credentials which ids exist.
#
# Needs: python3 with venv, curl, network to a Python package index. Fails when the behaviour changes.
set -euo pipefail

work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" || true; rm -rf "$work"' EXIT
cd "$work"

python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check keystone==30.0.0 > pip.log 2>&1 || { cat pip.log; exit 2; }

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
url=http://127.0.0.1:$port/v3
cat > keystone.conf <<CONF
[DEFAULT]
log_file = $work/keystone.log
[database]
connection = sqlite:///$work/keystone.db
[fernet_tokens]
key_repository = $work/fernet
[credential]
key_repository = $work/credential
[cache]
enabled = false
CONF
manage() { env/bin/keystone-manage --config-file keystone.conf "$@" > manage.log 2>&1 || { cat manage.log; exit 2; }; }
user=$(id -un) group=$(id -gn)
manage db_sync
manage fernet_setup --keystone-user "$user" --keystone-group "$group"
manage credential_setup --keystone-user "$user" --keystone-group "$group"
manage bootstrap --bootstrap-password secret --bootstrap-public-url "$url"

cat > serve.py <<'PY'
import sys
from keystone.server.flask import core
from werkzeug.serving import run_simple
config, port = sys.argv[1], int(sys.argv[2])
del sys.argv[1:]
run_simple("127.0.0.1", port, core.initialize_application(name="public", config_files=[config]))
PY
env/bin/python serve.py keystone.conf "$port" > serve.log 2>&1 &
server=$!
for _ in $(seq 240); do curl -sf "$url" > /dev/null && break; sleep 0.5; done

json='content-type: application/json'
domain='"domain":{"id":"default"}'
curl -s -D headers "$url/auth/tokens" -H "$json" -d "{\"auth\":{\"identity\":{\"methods\":[\"password\"],\"password\":{\"user\":{\"name\":\"admin\",$domain,\"password\":\"secret\"}}},\"scope\":{\"project\":{\"name\":\"admin\",$domain}}}}" > admin.json
token=$(tr -d '\r' < headers | sed -n 's/^[Xx]-[Ss]ubject-[Tt]oken: //p')
read_json() { python3 -c 'import json, sys; value = json.load(open(sys.argv[1]))
for key in sys.argv[2:]: value = value[key]
print(value)' "$@"; }
admin=$(read_json admin.json token user id)
credentials=$url/users/$admin/application_credentials

curl -s "$credentials" -H "x-auth-token: $token" -H "$json" -d '{"application_credential":{"name":"one"}}' > one.json
id=$(read_json one.json application_credential id)
secret=$(read_json one.json application_credential secret)
login() { curl -s -o answer.json -w '%{http_code}' "$url/auth/tokens" -H "$json" -d "{\"auth\":{\"identity\":{\"methods\":[\"application_credential\"],\"application_credential\":{\"id\":\"$id\",\"secret\":\"$1\"}}}}"; }

valid=$(login "$secret")
wrong=$(login wrong)
curl -s -X DELETE "$credentials/$id" -H "x-auth-token: $token"
deleted=$(login "$secret")
said=$(read_json answer.json error message)

if [ "$valid $wrong $deleted" != "201 401 404" ]; then
  echo "changed: valid $valid, wrong secret $wrong, deleted $deleted ($said)"
  exit 1
fi
echo "as described: valid 201, wrong secret 401, deleted 404: $said"
