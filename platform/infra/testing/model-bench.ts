import type { WantedMachine } from '../provider/machine.ts';
import { ModelCloud } from './model-cloud.ts';
import type { ProviderBench } from './provider-bench.ts';

export function startModelBench(seeds: number): ProviderBench {
  const cloud = new ModelCloud();
  const of = ({ mark }: WantedMachine) => {
    const found = cloud.named(mark.machine);
    if (found === undefined) throw new Error(`no ${mark.machine}`);
    return found;
  };
  return {
    seeds,
    pauseMs: 1,
    open: () => cloud.open(),
    machine: wantedMachine,
    address: { address: '10.20.0.99', prefix: 16, gateway: undefined, dns: [], search: [] },
    inventory: async () =>
      [...cloud.machines.values()].map(({ name, reference, isOn }) => ({ name, reference, isOn })),
    switchOff: async (machine) => {
      of(machine).isOn = false;
    },
    remove: async (machine) => {
      cloud.machines.delete(of(machine).reference);
    },
    putStranger: async (name) => {
      cloud.putStranger(name);
    },
    unmark: async (machine) => {
      of(machine).mark = undefined;
    },
    leaveHalf: async ({ mark }) => {
      cloud.putHalf(mark);
    },
    refuseCredentials: async (isRefused) => {
      cloud.refusesCredentials = isRefused;
    },
    goAway: async (isAway) => {
      cloud.isAway = isAway;
    },
    close: async () => undefined,
  };
}

/** A machine as a controller asks for it, with an id of its own. */
export function wantedMachine(name: string, more: Partial<WantedMachine> = {}): WantedMachine {
  return {
    mark: { clusterId: 'c0ffee', cluster: 'team/site-b', machine: name, id: crypto.randomUUID() },
    shape: { template: 'node', cpus: 2, memoryMiB: 2048 },
    userData: '#cloud-config\n',
    address: undefined,
    ...more,
  };
}
