import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { FakeGlance } from './fake-glance.ts';
import type { FakeAnswer, FakeRequest } from './fake-http.ts';
import type { FakeNeutron } from './fake-neutron.ts';
import {
  type FakeFlavor,
  type FakeServer,
  NewServer,
  portsOf,
  viewOf,
  type WantedServer,
} from './fake-server.ts';

/** What runs the servers; each call ends when it is done. */
export interface FakeHypervisor {
  start(server: FakeServer): Promise<void>;
  stop(server: FakeServer): Promise<void>;
  remove(server: FakeServer): Promise<void>;
  console(server: FakeServer): Promise<string>;
}

export interface FakeNovaInput {
  readonly neutron: FakeNeutron;
  readonly glance: FakeGlance;
  readonly now: () => Date;
  /** How long Nova thinks about each step, in milliseconds. */
  readonly delayMs: number;
  readonly hypervisor: FakeHypervisor;
}

export class FakeNova {
  readonly servers = new Map<string, FakeServer>();
  readonly flavors: FakeFlavor[] = [
    { id: '1', name: 'small', vcpus: 1, ram: 2048, disk: 20 },
    { id: '2', name: 'medium', vcpus: 2, ram: 4096, disk: 40 },
    { id: '3', name: 'volume', vcpus: 2, ram: 4096, disk: 0 },
  ];
  /** How many servers the project may have. */
  quota = 100;
  /** How many servers the hosts have room for. */
  room = Number.POSITIVE_INFINITY;
  maxVersion = '2.96';
  readonly #input: FakeNovaInput;
  readonly #work = new Set<Promise<void>>();

  constructor(input: FakeNovaInput) {
    this.#input = input;
  }

  async answer(request: FakeRequest): Promise<FakeAnswer> {
    const { method, path, headers, origin } = request;
    const version = {
      id: 'v2.1',
      status: 'CURRENT',
      version: this.maxVersion,
      min_version: '2.1',
      links: [{ rel: 'self', href: `${origin}/compute/v2.1/` }],
    };
    if (path === '/') return { status: 200, body: { versions: [version] } };
    const [, root, ...rest] = path.split('/');
    if (root !== 'v2.1') return failure(404, 'itemNotFound', 'The resource could not be found.');
    // Clients may have the project in the path, as old catalogues do.
    if (/^[0-9a-f]{32}$/.test(rest[0] ?? '')) rest.shift();
    const microversion = /^compute (2\.\d+)$/.exec(
      String(headers['openstack-api-version'] ?? 'compute 2.1'),
    )?.[1];
    if (microversion === undefined || minorOf(microversion) > minorOf(this.maxVersion))
      return failure(406, 'notAcceptable', `Version ${microversion} is not supported by the API.`);
    const [collection, id, part] = rest;
    if (collection === undefined) return { status: 200, body: { version } };
    if (collection === 'limits') return this.#limits();
    if (collection === 'flavors') return this.#flavorsAnswer(id, request);
    if (collection === 'os-availability-zone')
      return {
        status: 200,
        body: { availabilityZoneInfo: [{ zoneName: 'nova', zoneState: { available: true } }] },
      };
    if (collection !== 'servers') return failure(404, 'itemNotFound', 'The resource could not be found.');
    if (method === 'POST' && id === undefined) return this.#create(request, minorOf(microversion));
    if (id === undefined || id === 'detail') return this.#list(request, id === 'detail');
    const server = this.servers.get(id);
    if (server === undefined) return failure(404, 'itemNotFound', `Instance ${id} could not be found.`);
    if (method === 'DELETE') return this.#delete(server);
    if (part === 'action') return await this.#act(server, request);
    return { status: 200, body: { server: viewOf(server, this.#input.neutron.ports.values()) } };
  }

  /** Until nothing is being worked at. */
  async settle(): Promise<void> {
    while (this.#work.size > 0) await Promise.all(this.#work);
  }

  /** A server that the platform did not make. */
  put(name: string, status: string): FakeServer {
    const server = this.#make({ name, flavorRef: '1', networks: 'none' }, this.#smallest(), status);
    this.servers.set(server.id, server);
    return server;
  }

  async remove(server: FakeServer): Promise<void> {
    await this.#input.hypervisor.remove(server);
    this.#input.neutron.unbind(server.id);
    this.servers.delete(server.id);
  }

  #create({ body }: FakeRequest, minor: number): FakeAnswer {
    const read = NewServer.safeParse(body);
    if (!read.success) return failure(400, 'badRequest', `Invalid input. ${z.prettifyError(read.error)}`);
    const { server: wanted } = read.data;
    if (minor < 52 && wanted.tags !== undefined)
      return failure(400, 'badRequest', "Additional properties are not allowed ('tags' was unexpected)");
    const flavor = this.flavors.find(({ id }) => id === wanted.flavorRef);
    if (flavor === undefined) return failure(400, 'badRequest', 'Flavor could not be found.');
    if (flavor.disk === 0 && wanted.block_device_mapping_v2 === undefined)
      return failure(403, 'forbidden', 'Only volume-backed servers are allowed for flavors with zero disk.');
    const image = wanted.imageRef ?? wanted.block_device_mapping_v2?.[0]?.uuid;
    if (!this.#input.glance.images.some(({ id }) => id === image))
      return failure(400, 'badRequest', `Image ${image} could not be found.`);
    for (const id of portsOf(wanted)) {
      const port = this.#input.neutron.ports.get(id);
      if (port === undefined) return failure(400, 'badRequest', `Port id ${id} could not be found.`);
      if (port.device_id !== '') return failure(409, 'conflictingRequest', `Port ${id} is still in use.`);
    }
    if (this.servers.size >= this.quota)
      return failure(
        403,
        'forbidden',
        `Quota exceeded for instances: Requested 1, but already used ${this.servers.size} of ${this.quota} instances`,
      );
    const server = this.#make(wanted, flavor, 'BUILD');
    this.servers.set(server.id, server);
    this.#later(async () => await this.#build(server));
    return {
      status: 202,
      body: { server: { id: server.id, links: [], 'OS-DCF:diskConfig': 'MANUAL', adminPass: 'x' } },
    };
  }

  // Only here Nova binds ports: of two requests that came at once for one port the second fails as late as this.
  async #build(server: FakeServer): Promise<void> {
    if (!this.servers.has(server.id)) return;
    const running = [...this.servers.values()].filter(({ status }) => status === 'ACTIVE').length;
    if (running >= this.room)
      return this.#fail(server, 'No valid host was found. There are not enough hosts available.');
    const isBound = portsOf(server.wanted).every((id) => this.#input.neutron.bind(id, server.id));
    if (!isBound) return this.#fail(server, 'Exceeded maximum number of retries. Port is still in use.');
    await this.#input.hypervisor.start(server);
    // Deleted meanwhile.
    if (!this.servers.has(server.id)) return await this.#input.hypervisor.remove(server);
    if (server.taskState !== 'deleting') Object.assign(server, { status: 'ACTIVE', taskState: null });
  }

  #fail(server: FakeServer, message: string): void {
    this.#input.neutron.unbind(server.id);
    Object.assign(server, {
      status: 'ERROR',
      taskState: null,
      fault: { code: 500, message, created: server.created },
    });
  }

  #delete(server: FakeServer): FakeAnswer {
    server.taskState = 'deleting';
    this.#later(async () => await this.remove(server));
    return { status: 204 };
  }

  async #act(server: FakeServer, { body }: FakeRequest): Promise<FakeAnswer> {
    const [action] = z.record(z.string(), z.unknown()).parse(body) ? Object.keys(body as object) : [];
    if (action === 'os-getConsoleOutput') {
      if (server.status !== 'ACTIVE') return failure(409, 'conflictingRequest', 'Instance is not ready.');
      return { status: 200, body: { output: await this.#input.hypervisor.console(server) } };
    }
    const moves: Record<string, { from: string; to: string; task: string }> = {
      'os-start': { from: 'SHUTOFF', to: 'ACTIVE', task: 'powering-on' },
      'os-stop': { from: 'ACTIVE', to: 'SHUTOFF', task: 'powering-off' },
      unpause: { from: 'PAUSED', to: 'ACTIVE', task: 'unpausing' },
    };
    const move = moves[action ?? ''];
    if (move === undefined) return failure(400, 'badRequest', `There is no such action: ${action}`);
    if (server.status !== move.from || server.taskState !== null)
      return failure(
        409,
        'conflictingRequest',
        `Cannot '${action}' instance ${server.id} while it is in vm_state ${server.status}`,
      );
    server.taskState = move.task;
    this.#later(async () => {
      if (!this.servers.has(server.id) || server.taskState !== move.task) return;
      if (move.to === 'ACTIVE') await this.#input.hypervisor.start(server);
      else await this.#input.hypervisor.stop(server);
      if (server.taskState === move.task) Object.assign(server, { status: move.to, taskState: null });
    });
    return { status: 202 };
  }

  #list({ query }: FakeRequest, isDetailed: boolean): FakeAnswer {
    const tags = query.get('tags')?.split(',');
    const name = query.get('name');
    const pattern = name === null ? undefined : new RegExp(name);
    const found = [...this.servers.values()].filter(
      (server) =>
        (tags === undefined || tags.every((tag) => server.tags.includes(tag))) &&
        (pattern === undefined || pattern.test(server.name)),
    );
    const from = found.findIndex(({ id }) => id === query.get('marker')) + 1;
    const limit = Math.min(1000, Number(query.get('limit') ?? 1000));
    const page = found.slice(from, from + limit);
    const links =
      from + limit < found.length ? { servers_links: [{ rel: 'next', href: 'http://elsewhere' }] } : {};
    const servers = page.map((server) =>
      isDetailed ? viewOf(server, this.#input.neutron.ports.values()) : { id: server.id, name: server.name },
    );
    return { status: 200, body: { servers, ...links } };
  }

  #flavorsAnswer(id: string | undefined, _request: FakeRequest): FakeAnswer {
    if (id === undefined || id === 'detail') return { status: 200, body: { flavors: this.flavors } };
    const flavor = this.flavors.find((one) => one.id === id);
    if (flavor === undefined) return failure(404, 'itemNotFound', `Flavor ${id} could not be found.`);
    return { status: 200, body: { flavor } };
  }

  #limits(): FakeAnswer {
    const servers = [...this.servers.values()];
    const absolute = {
      maxTotalInstances: this.quota,
      totalInstancesUsed: servers.length,
      maxTotalCores: -1,
      totalCoresUsed: servers.reduce((sum, { flavor }) => sum + flavor.vcpus, 0),
      maxTotalRAMSize: -1,
      totalRAMUsed: servers.reduce((sum, { flavor }) => sum + flavor.ram, 0),
    };
    return { status: 200, body: { limits: { rate: [], absolute } } };
  }

  #make(wanted: WantedServer, flavor: FakeFlavor, status: string): FakeServer {
    return {
      id: randomUUID(),
      name: wanted.name,
      status,
      taskState: status === 'BUILD' ? 'scheduling' : null,
      metadata: { ...wanted.metadata },
      tags: [...(wanted.tags ?? [])],
      fault: undefined,
      created: this.#input.now().toISOString().replace(/\.\d+/, ''),
      wanted,
      flavor,
    };
  }

  #smallest(): FakeFlavor {
    const [flavor] = this.flavors;
    if (flavor === undefined) throw new Error('no flavour');
    return flavor;
  }

  #later(work: () => Promise<void>): void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#work.add(promise);
    const done = () => {
      this.#work.delete(promise);
      resolve();
    };
    setTimeout(() => void work().finally(done), this.#input.delayMs);
  }
}

function failure(status: number, kind: string, message: string): FakeAnswer {
  return { status, body: { [kind]: { code: status, message } } };
}

function minorOf(version: string): number {
  return Number(version.split('.')[1] ?? 0);
}
