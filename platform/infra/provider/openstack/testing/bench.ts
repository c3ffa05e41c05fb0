import { DEFAULT_RETRY } from '../../../../../content/remote/retry.ts';
import type { ProviderBench } from '../../../testing/provider-bench.ts';
import type { WantedMachine } from '../../machine.ts';
import { openAccount } from '../driver.ts';
import { portMark } from '../mark.ts';
import { type FakeCloud, type FakeCloudOptions, startFakeCloud } from './fake-cloud.ts';
import type { FakeServer } from './fake-server.ts';

/** An account of the fake cloud; retries don't wait. */
export function openFake(
  cloud: FakeCloud,
  more: { readonly settings?: Record<string, unknown>; readonly now?: () => Date } = {},
) {
  const { id, secret } = cloud.keystone.credential;
  return openAccount(
    {
      account: {
        origin: { project: 'team', name: 'cloud' },
        type: 'openstack',
        endpoint: cloud.endpoint,
        credentials: { name: 'cloud' },
        settings: more.settings,
        requestsPerSecond: 1000,
      },
      credentials: { applicationCredentialId: id, applicationCredentialSecret: secret },
      now: more.now ?? cloud.now,
    },
    { retry: { ...DEFAULT_RETRY, tries: 3, sleep: async () => {} }, pauseMs: 2 },
  );
}

export function wantedMachine(name: string, more: Partial<WantedMachine> = {}): WantedMachine {
  return {
    mark: { clusterId: 'c0ffee', cluster: 'team/site-b', machine: name, id: crypto.randomUUID() },
    shape: { template: 'node', flavor: 'small', placement: { network: 'machines' } },
    userData: '## template: jinja\n#cloud-config\n',
    address: undefined,
    ...more,
  };
}

/** The claim on a port has run out. */
export const CLAIM_ENDED_MS = 61_000;

export async function startFakeBench(
  options: FakeCloudOptions = {},
): Promise<ProviderBench & { cloud: FakeCloud }> {
  const cloud = await startFakeCloud(options);
  const { nova, neutron, keystone } = cloud;
  const serverOf = ({ mark }: WantedMachine): FakeServer => {
    const found = [...nova.servers.values()].find(({ name }) => name === mark.machine);
    if (found === undefined) throw new Error(`no ${mark.machine}`);
    return found;
  };
  return {
    cloud,
    pauseMs: 2,
    open: () => openFake(cloud),
    machine: wantedMachine,
    address: { address: '192.0.2.200', prefix: 24, gateway: undefined, dns: [], search: [] },
    inventory: async () => {
      await nova.settle();
      const servers = [...nova.servers.values()].map(({ id, name, status }) => ({
        name,
        reference: id,
        isOn: status === 'ACTIVE',
      }));
      // A port that nothing has is half of a machine, and must not be left either.
      const halves = [...neutron.ports.values()]
        .filter(({ device_id }) => device_id === '')
        .map(({ id, name, description }) => ({
          name: portMark(description)?.machine ?? name,
          reference: id,
          isOn: false,
        }));
      return [...servers, ...halves];
    },
    switchOff: async (machine) => {
      serverOf(machine).status = 'SHUTOFF';
    },
    remove: async (machine) => {
      await nova.remove(serverOf(machine));
      cloud.pass(CLAIM_ENDED_MS);
    },
    putStranger: async (name) => {
      nova.put(name, 'SHUTOFF');
    },
    unmark: async (machine) => {
      serverOf(machine).metadata = {};
    },
    leaveHalf: async (machine) => {
      cloud.fail(/POST \/compute\/.*servers$/, 'unanswered');
      await openFake(cloud)
        .act('create', machine, AbortSignal.timeout(10_000))
        .catch(() => undefined);
      cloud.pass(CLAIM_ENDED_MS);
    },
    endSessions: async () => keystone.endTokens(),
    refuseCredentials: async (isRefused) => {
      keystone.credential.isRevoked = isRefused;
      if (isRefused) keystone.endTokens();
      // However often it is asked, a refusal is believed for some seconds.
      else cloud.pass(CLAIM_ENDED_MS);
    },
    goAway: async (isAway) => cloud.goAway(isAway),
    close: async () => await cloud.close(),
  };
}
