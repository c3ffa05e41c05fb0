import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { FakeAnswer, FakeRequest } from './fake-http.ts';

const Text = z.string().max(255);
// What Neutron does not know of a port it refuses; `strictObject` does so as well.
const PortBody = {
  name: Text.optional(),
  description: Text.optional(),
  security_groups: z.array(z.uuid()).optional(),
  allowed_address_pairs: z
    .array(z.strictObject({ ip_address: z.string(), mac_address: z.string().optional() }))
    .optional(),
  admin_state_up: z.boolean().optional(),
  device_id: Text.optional(),
  device_owner: Text.optional(),
};
const FixedIp = z.strictObject({ subnet_id: z.uuid().optional(), ip_address: z.string().optional() });
const NewPort = z.strictObject({
  port: z.strictObject({ ...PortBody, network_id: z.uuid(), fixed_ips: z.array(FixedIp).optional() }),
});
const ChangedPort = z.strictObject({ port: z.strictObject(PortBody) });

export interface FakePort {
  readonly id: string;
  readonly network_id: string;
  readonly project_id: string;
  readonly mac_address: string;
  name: string;
  description: string;
  device_id: string;
  device_owner: string;
  revision_number: number;
  readonly fixed_ips: readonly { subnet_id: string; ip_address: string }[];
  allowed_address_pairs: readonly unknown[];
  security_groups: readonly string[];
}

/** Neutron: one network with one subnet of 192.0.2.0/24, or of another /24, of which .10 to .250 are given out. */
export class FakeNeutron {
  readonly ports = new Map<string, FakePort>();
  readonly network = { id: randomUUID(), name: 'machines', status: 'ACTIVE', shared: false };
  readonly subnet = {
    id: randomUUID(),
    name: 'machines-v4',
    network_id: this.network.id,
    cidr: '192.0.2.0/24',
    gateway_ip: '192.0.2.1',
    enable_dhcp: true,
    dns_nameservers: [] as string[],
    allocation_pools: [{ start: '192.0.2.10', end: '192.0.2.250' }],
  };
  #prefix = '192.0.2';
  #first = 10;
  readonly groups = [
    { id: randomUUID(), name: 'default' },
    { id: randomUUID(), name: 'control-plane' },
  ];
  /** How many ports the project may have. */
  quota = 500;
  /** Whether it may be read by others than administrators. */
  isQuotaPublic = true;
  readonly #project: string;

  constructor(project: string) {
    this.#project = project;
  }

  answer(request: FakeRequest): FakeAnswer {
    const { method, path, origin } = request;
    const version = {
      id: 'v2.0',
      status: 'CURRENT',
      links: [{ rel: 'self', href: `${origin}/network/v2.0/` }],
    };
    if (path === '/') return { status: 200, body: { versions: [version] } };
    const [, root, collection = '', id, ...rest] = path.split('/');
    if (root !== 'v2.0') return NOT_FOUND;
    if (collection === '') return { status: 200, body: { resources: [] } };
    if (collection === 'extensions') return { status: 200, body: { extensions: EXTENSIONS } };
    if (collection === 'quotas' && rest[0] === 'details.json') return this.#quota();
    if (collection === 'ports') {
      if (method === 'POST') return this.#make(request);
      const port = id === undefined ? undefined : this.ports.get(id);
      if (id !== undefined && port === undefined)
        return failure(404, 'PortNotFound', `Port ${id} could not be found.`);
      if (port !== undefined) return this.#one(port, request);
      return page('ports', [...this.ports.values()], request);
    }
    const lists: Record<string, readonly object[]> = {
      networks: [this.network],
      subnets: [this.subnet],
      'security-groups': this.groups.map((group) => ({ ...group, project_id: this.#project })),
    };
    const list = lists[collection.replace('.json', '')];
    if (list === undefined) return NOT_FOUND;
    if (id === undefined) return page(collection.replace('-', '_'), list, request);
    const single = list.find((one) => 'id' in one && one.id === id);
    if (single === undefined) return failure(404, 'NotFound', `${collection} ${id} could not be found.`);
    return { status: 200, body: { [collection.replace('-', '_').replace(/s$/, '')]: single } };
  }

  /** The subnet is another /24, without DHCP; addresses are given out from `first`. */
  lieIn(prefix: string, gateway: string, first = 10): void {
    this.#prefix = prefix;
    this.#first = first;
    Object.assign(this.subnet, {
      cidr: `${prefix}.0/24`,
      gateway_ip: gateway,
      enable_dhcp: false,
      allocation_pools: [{ start: `${prefix}.${first}`, end: `${prefix}.250` }],
    });
  }

  /** What Nova does with a port: false when another server has it. */
  bind(id: string, server: string): boolean {
    const port = this.ports.get(id);
    if (port === undefined || (port.device_id !== '' && port.device_id !== server)) return false;
    Object.assign(port, {
      device_id: server,
      device_owner: 'compute:nova',
      revision_number: port.revision_number + 1,
    });
    return true;
  }

  /** Ports that Nova did not make stay when it gives them back. */
  unbind(server: string): void {
    for (const port of this.ports.values())
      if (port.device_id === server)
        Object.assign(port, { device_id: '', device_owner: '', revision_number: port.revision_number + 1 });
  }

  #quota(): FakeAnswer {
    if (!this.isQuotaPublic)
      return failure(403, 'PolicyNotAuthorized', 'rule:get_quota is disallowed by policy');
    return {
      status: 200,
      body: { quota: { port: { limit: this.quota, used: this.ports.size, reserved: 0 } } },
    };
  }

  #make({ body }: FakeRequest): FakeAnswer {
    const read = NewPort.safeParse(body);
    if (!read.success) return failure(400, 'HTTPBadRequest', z.prettifyError(read.error));
    const { fixed_ips = [{}], network_id, ...rest } = read.data.port;
    if (network_id !== this.network.id)
      return failure(404, 'NetworkNotFound', `Network ${network_id} could not be found.`);
    if (this.ports.size >= this.quota)
      return failure(409, 'OverQuota', "Quota exceeded for resources: ['port'].");
    const unknown = rest.security_groups?.find((id) => !this.groups.some((group) => group.id === id));
    if (unknown !== undefined)
      return failure(404, 'SecurityGroupNotFound', `Security group ${unknown} does not exist`);
    const addresses: { subnet_id: string; ip_address: string }[] = [];
    for (const { subnet_id = this.subnet.id, ip_address = this.#free() } of fixed_ips) {
      if (subnet_id !== this.subnet.id)
        return failure(400, 'InvalidInput', `Subnet ${subnet_id} is not of the network.`);
      if (ip_address === undefined)
        return failure(409, 'IpAddressGenerationFailure', 'No more IP addresses available on network.');
      if (!ip_address.startsWith(`${this.#prefix}.`))
        return failure(
          400,
          'InvalidIpForSubnet',
          `IP address ${ip_address} is not a valid IP for the subnet.`,
        );
      if (this.#isUsed(ip_address))
        return failure(409, 'IpAddressAlreadyAllocated', `IP address ${ip_address} already allocated.`);
      addresses.push({ subnet_id, ip_address });
    }
    const id = randomUUID();
    const port: FakePort = {
      id,
      network_id,
      project_id: this.#project,
      mac_address: `fa:16:3e:${id.slice(0, 2)}:${id.slice(2, 4)}:${id.slice(4, 6)}`,
      name: rest.name ?? '',
      description: rest.description ?? '',
      device_id: rest.device_id ?? '',
      device_owner: rest.device_owner ?? '',
      revision_number: 1,
      allowed_address_pairs: rest.allowed_address_pairs ?? [],
      security_groups: rest.security_groups ?? this.groups.slice(0, 1).map((group) => group.id),
      fixed_ips: addresses,
    };
    this.ports.set(id, port);
    return { status: 201, body: { port } };
  }

  #one(port: FakePort, { method, headers, body }: FakeRequest): FakeAnswer {
    if (method === 'GET') return { status: 200, body: { port } };
    const expected = headers['if-match'];
    // Extension revision-if-match.
    if (expected !== undefined && expected !== `revision_number=${port.revision_number}`)
      return failure(
        412,
        'RevisionNumberConstraintFailed',
        `Constrained to ${expected}, is ${port.revision_number}`,
      );
    if (method === 'DELETE') {
      this.ports.delete(port.id);
      return { status: 204 };
    }
    if (method !== 'PUT') return failure(405, 'HTTPMethodNotAllowed', method);
    const read = ChangedPort.safeParse(body);
    if (!read.success) return failure(400, 'HTTPBadRequest', z.prettifyError(read.error));
    Object.assign(port, read.data.port, { revision_number: port.revision_number + 1 });
    return { status: 200, body: { port } };
  }

  #free(): string | undefined {
    for (let last = this.#first; last <= 250; last++)
      if (!this.#isUsed(`${this.#prefix}.${last}`)) return `${this.#prefix}.${last}`;
    return undefined;
  }

  #isUsed(address: string): boolean {
    return [...this.ports.values()].some(({ fixed_ips }) =>
      fixed_ips.some(({ ip_address }) => ip_address === address),
    );
  }
}

const EXTENSIONS = [
  'allowed-address-pairs',
  'security-group',
  'revision-if-match',
  'standard-attr-description',
].map((alias) => ({ alias, name: alias, description: '', updated: '2016-01-01T00:00:00-00:00', links: [] }));

const NOT_FOUND = failure(404, 'HTTPNotFound', 'The resource could not be found.');

function failure(status: number, type: string, message: string): FakeAnswer {
  return { status, body: { NeutronError: { type, message, detail: '' } } };
}

/** Filters by exact values; those that are empty count as not given (but for the extension empty-string-filtering). */
function page(plural: string, list: readonly object[], { query }: FakeRequest): FakeAnswer {
  const wanted = new Map<string, string[]>();
  for (const [key, value] of query)
    if (!['limit', 'marker', 'fields', 'sort_key', 'sort_dir'].includes(key) && value !== '')
      wanted.set(key, [...(wanted.get(key) ?? []), value]);
  const found = list.filter((one) =>
    [...wanted].every(([key, values]) =>
      values.includes(String(Reflect.get(one, key === 'tenant_id' ? 'project_id' : key))),
    ),
  );
  const limit = Number(query.get('limit') ?? Number.POSITIVE_INFINITY);
  const from = found.findIndex((one) => Reflect.get(one, 'id') === query.get('marker')) + 1;
  const links =
    from + limit < found.length ? { [`${plural}_links`]: [{ rel: 'next', href: 'http://elsewhere' }] } : {};
  return { status: 200, body: { [plural]: found.slice(from, from + limit), ...links } };
}
