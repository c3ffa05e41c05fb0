import { FakeGlance } from './fake-glance.ts';
import { type FakeService, type FaultName, serveFake } from './fake-http.ts';
import { FakeKeystone } from './fake-keystone.ts';
import { FakeNeutron } from './fake-neutron.ts';
import { type FakeHypervisor, FakeNova } from './fake-nova.ts';

export interface FakeCloudOptions {
  /** How long Nova thinks about each step, in milliseconds; 5 when absent. */
  readonly delayMs?: number | undefined;
  /** Where clients reach it, as `http://HOST:PORT`; where it listens when absent. */
  readonly publicUrl?: string | undefined;
  /** What servers run on; nothing when absent. */
  readonly hypervisor?: ((neutron: FakeNeutron) => FakeHypervisor) | undefined;
}

const nobody: FakeHypervisor = {
  start: async () => undefined,
  stop: async () => undefined,
  remove: async () => undefined,
  console: async () => 'cloud-init: booted\n',
};

export type FakeCloud = Awaited<ReturnType<typeof startFakeCloud>>;

/**
 * Keystone, Nova, Neutron and Glance as far as machines need them, as strict as the real ones about what they are strict
 * about, and as lenient: two servers of one name or for one port, ports that outlive their server.
 */
export async function startFakeCloud({
  delayMs = 5,
  hypervisor = () => nobody,
  publicUrl,
}: FakeCloudOptions = {}) {
  let ahead = 0;
  const now = () => new Date(Date.now() + ahead);
  const keystone = new FakeKeystone(now);
  const glance = new FakeGlance();
  const neutron = new FakeNeutron(keystone.project.id);
  const nova = new FakeNova({ neutron, glance, now, delayMs, hypervisor: hypervisor(neutron) });
  glance.put('node', keystone.project.id);
  const faults: { readonly line: RegExp; readonly name: FaultName }[] = [];
  const requests: string[] = [];
  let away = false;
  let latency = () => 0;
  const behindTokens =
    (service: FakeService): FakeService =>
    async (request) =>
      // Version documents are for everybody.
      /^\/(v\d(\.\d)?)?$/.test(request.path) || keystone.isValid(request.headers['x-auth-token'])
        ? await service(request)
        : {
            status: 401,
            body: {
              error: {
                code: 401,
                title: 'Unauthorized',
                message: 'The request you have made requires authentication.',
              },
            },
          };
  const http = await serveFake({
    now,
    publicUrl,
    services: {
      identity: (request) => keystone.answer(request),
      compute: behindTokens(async (request) => await nova.answer(request)),
      network: behindTokens((request) => neutron.answer(request)),
      image: behindTokens((request) => glance.answer(request)),
    },
    faultOf: (line) => {
      if (away) return 'unanswered';
      const index = faults.findIndex((fault) => fault.line.test(line));
      return index < 0 ? undefined : faults.splice(index, 1)[0]?.name;
    },
    onRequest: (line) => requests.push(line),
    latency: () => latency(),
  });
  return {
    keystone,
    nova,
    neutron,
    glance,
    requests,
    endpoint: `${http.origin}/identity`,
    /** On which it listens. */
    port: http.port,
    now,
    /** Time goes on for everything in the cloud. */
    pass: (ms: number) => {
      ahead += ms;
    },
    /** What becomes of the next request that matches. */
    fail: (line: RegExp, name: FaultName) => {
      faults.push({ line, name });
    },
    /** How long requests are on their way from now on, in milliseconds. */
    delay: (by: () => number) => {
      latency = by;
    },
    goAway: (isAway: boolean) => {
      away = isAway;
    },
    close: async () => {
      await nova.settle();
      await http.close();
    },
  };
}
