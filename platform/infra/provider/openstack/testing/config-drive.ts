import type { FakeNeutron } from './fake-neutron.ts';
import type { FakeServer } from './fake-server.ts';

/** The files of the config drive that Nova makes for a server, by path (Nova, "Metadata": the OpenStack format). */
export function configDrive(
  { id, name, metadata, wanted }: FakeServer,
  neutron: FakeNeutron,
): Record<string, string> {
  const ports = [...neutron.ports.values()].filter(({ device_id }) => device_id === id);
  const { gateway_ip, cidr, enable_dhcp } = neutron.subnet;
  const network = {
    links: ports.map(({ id: vif_id, mac_address }, index) => ({
      id: `tap${index}`,
      vif_id,
      type: 'ovs',
      mtu: 1500,
      ethernet_mac_address: mac_address,
    })),
    networks: ports.flatMap(({ fixed_ips, network_id }, index) =>
      fixed_ips.map(({ ip_address }) => ({
        id: `network${index}`,
        link: `tap${index}`,
        network_id,
        ...(enable_dhcp
          ? { type: 'ipv4_dhcp' }
          : {
              type: 'ipv4',
              ip_address,
              netmask: netmaskOf(cidr),
              routes: [{ network: '0.0.0.0', netmask: '0.0.0.0', gateway: gateway_ip }],
            }),
      })),
    ),
    services: [],
  };
  const meta = {
    uuid: id,
    name,
    // Nova's usual dhcp_domain.
    hostname: `${name}.novalocal`,
    meta: metadata,
    launch_index: 0,
    availability_zone: wanted.availability_zone ?? 'nova',
    devices: [],
  };
  return {
    'openstack/latest/meta_data.json': JSON.stringify(meta),
    'openstack/latest/network_data.json': JSON.stringify(network),
    'openstack/latest/vendor_data.json': '{}',
    ...(wanted.user_data === undefined
      ? {}
      : { 'openstack/latest/user_data': Buffer.from(wanted.user_data, 'base64').toString() }),
  };
}

function netmaskOf(cidr: string): string {
  const bits = Number(cidr.split('/')[1]);
  const mask = (0xffffffff << (32 - bits)) >>> 0;
  return [24, 16, 8, 0].map((shift) => (mask >>> shift) & 255).join('.');
}
