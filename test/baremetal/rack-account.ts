import { hashSync } from 'bcryptjs';
import type { Rack } from './rack.ts';

/** What lets in to the Ironic of racks. */
export const LOGIN = { username: 'skerry', password: 'ironic-password' };
/** And to their BMCs. */
export const BMC_LOGIN = { bmcUsername: 'admin', bmcPassword: 'password' };

/** Settings of an account that enrolls all machines of a rack. */
export function rackSettings({ isoUrl, redfishUrl, machines }: Rack) {
  return {
    driver: 'ironic',
    images: { node: { iso: isoUrl }, lost: { iso: `${isoUrl}.lost` } },
    nodes: machines.map(({ uuid, name, mac }) => ({
      name,
      bmc: { address: redfishUrl, system: `/redfish/v1/Systems/${uuid}`, insecure: true },
      macs: [mac],
      resourceClass: 'small',
      cpus: 4,
      memoryMiB: 8192,
      capabilities: { rack: 'r1' },
    })),
  };
}

/** A line of a file of passwords; the name that Apache has for this bcrypt is the only one that is taken. */
export function htpasswd(username: string, password: string): string {
  return `${username}:${hashSync(password, 4).replace(/^\$2b\$/, '$2y$')}\n`;
}

/** Calls Ironic past the provider, as an administrator. */
export async function callIronic(
  { ironicUrl }: Pick<Rack, 'ironicUrl'>,
  method: string,
  path: string,
  body?: unknown,
): Promise<unknown> {
  const response = await fetch(ironicUrl + path, {
    method,
    headers: {
      authorization: `Basic ${btoa(`${LOGIN.username}:${LOGIN.password}`)}`,
      'content-type': 'application/json',
      'x-openstack-ironic-api-version': '1.72',
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}
