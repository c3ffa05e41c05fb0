"""A server's life by openstacksdk: life.py AUTH_URL ID NETWORK IMAGE FLAVOR; the secret comes on stdin."""

import base64
import json
import sys

import openstack

auth_url, credential, network_name, image_name, flavor_name = sys.argv[1:]
cloud = openstack.connect(
    auth_type="v3applicationcredential",
    auth={
        "auth_url": auth_url,
        "application_credential_id": credential,
        "application_credential_secret": sys.stdin.read(),
    },
    region_name="one",
    interface="public",
)
cloud.compute.default_microversion = "2.67"
seen = {}

network = cloud.network.find_network(network_name, ignore_missing=False)
image = cloud.image.find_image(image_name, ignore_missing=False)
flavor = cloud.compute.find_flavor(flavor_name, ignore_missing=False)
seen["subnets"] = len(list(cloud.network.subnets(network_id=network.id)))
seen["limits"] = cloud.compute.get_limits().absolute.instances

port = cloud.network.create_port(
    name="sdk-port",
    description="first",
    network_id=network.id,
    allowed_address_pairs=[{"ip_address": "192.0.2.5"}],
)
seen["pairs"] = port.allowed_address_pairs
stale = port.revision_number
port = cloud.network.update_port(port, if_revision=stale, description="second")
try:
    cloud.network.update_port(port.id, if_revision=stale, description="third")
    seen["stale revision"] = "taken"
except openstack.exceptions.HttpException as error:
    seen["stale revision"] = error.status_code

server = cloud.compute.create_server(
    name="sdk",
    flavor_id=flavor.id,
    image_id=image.id,
    networks=[{"port": port.id}],
    metadata={"owner": "sdk"},
    tags=["sdk-tag"],
    user_data=base64.b64encode(b"#cloud-config\n").decode(),
    config_drive=True,
)
server = cloud.compute.wait_for_server(server, interval=1, wait=30)
seen["made"] = server.status
seen["metadata"] = server.metadata
seen["addresses"] = [a["addr"] for n in server.addresses.values() for a in n]
seen["by tag"] = [s.id == server.id for s in cloud.compute.servers(tags="sdk-tag")]
seen["by name"] = [s.id == server.id for s in cloud.compute.servers(name="^sdk$")]
seen["bound"] = cloud.network.get_port(port.id).device_id == server.id

try:
    cloud.compute.create_server(name="twin", flavor_id=flavor.id, image_id=image.id, networks=[{"port": port.id}])
    seen["second server of a port"] = "made"
except openstack.exceptions.HttpException as error:
    seen["second server of a port"] = error.status_code

cloud.compute.stop_server(server)
seen["stopped"] = cloud.compute.wait_for_server(server, status="SHUTOFF", interval=1, wait=30).status
cloud.compute.start_server(server)
seen["started"] = cloud.compute.wait_for_server(server, interval=1, wait=30).status
seen["console"] = cloud.compute.get_server_console_output(server, length=10)["output"]
cloud.compute.delete_server(server)
cloud.compute.wait_for_delete(server, interval=1, wait=30)
seen["port afterwards"] = cloud.network.get_port(port.id).device_id
cloud.network.delete_port(port)
seen["ports left"] = len(list(cloud.network.ports()))
print(json.dumps(seen))
