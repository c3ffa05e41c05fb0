import { isIPv6 } from 'node:net';
import type { StaticAddress, WantedMachine } from '../machine.ts';

/** The content of a config drive of OpenStack's form (version 2), as Ironic and cloud-init's ConfigDrive take it. */
export interface ConfigDrive {
  readonly meta_data: Readonly<Record<string, unknown>>;
  readonly user_data: string;
  readonly network_data?: Readonly<Record<string, unknown>>;
}

/** `mac`: the interface that takes the address of a pool; without an address the network is configured by DHCP. */
export function configDrive(machine: WantedMachine, mac: string | undefined): ConfigDrive {
  const { mark, userData, address } = machine;
  return {
    meta_data: {
      uuid: mark.id,
      name: mark.machine,
      hostname: mark.machine,
      'skerry.dev/cluster': mark.cluster,
    },
    user_data: userData,
    ...(address === undefined || mac === undefined ? {} : { network_data: networkData(address, mac) }),
  };
}

function networkData({ address, prefix, gateway, dns }: StaticAddress, mac: string) {
  const isV6 = isIPv6(address);
  return {
    links: [{ id: 'link0', type: 'phy', ethernet_mac_address: mac }],
    networks: [
      {
        id: 'network0',
        type: isV6 ? 'ipv6' : 'ipv4',
        link: 'link0',
        ip_address: address,
        netmask: netmask(prefix, isV6),
        routes:
          gateway === undefined
            ? []
            : [{ network: isV6 ? '::' : '0.0.0.0', netmask: netmask(0, isV6), gateway }],
      },
    ],
    services: dns.map((server) => ({ type: 'dns', address: server })),
  };
}

function netmask(prefix: number, isV6: boolean): string {
  const [size, width] = isV6 ? [8, 16] : [4, 8];
  const parts = Array.from({ length: size }, (_, part) => {
    const bits = Math.max(0, Math.min(width, prefix - part * width));
    return (2 ** width - 2 ** (width - bits)).toString(isV6 ? 16 : 10);
  });
  return parts.join(isV6 ? ':' : '.');
}
