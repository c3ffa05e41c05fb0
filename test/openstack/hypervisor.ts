import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { configDrive } from '../../platform/infra/provider/openstack/testing/config-drive.ts';
import type { FakeNeutron } from '../../platform/infra/provider/openstack/testing/fake-neutron.ts';
import type { FakeHypervisor } from '../../platform/infra/provider/openstack/testing/fake-nova.ts';
import { createMachine, removeMachine, startMachine, stopMachine, viewMachine } from '../machines/machine.ts';
import type { MachineSite } from '../machines/site.ts';

/** Servers of the fake cloud that boot: each is a machine with a config drive as Nova makes it. */
export function bootingHypervisor(
  site: MachineSite,
  folder: string,
): (neutron: FakeNeutron) => FakeHypervisor {
  return (neutron) => ({
    start: async (server) => {
      const drive = join(folder, server.id);
      for (const [path, text] of Object.entries(configDrive(server, neutron))) {
        await mkdir(dirname(join(drive, path)), { recursive: true });
        await writeFile(join(drive, path), text);
      }
      const [port] = [...neutron.ports.values()].filter(({ device_id }) => device_id === server.id);
      const seed = { kind: 'config-drive', folder: drive } as const;
      await createMachine(site, { id: server.id, name: server.name, seed, mac: port?.mac_address });
      await startMachine(site, server.id);
    },
    stop: async ({ id }) => await stopMachine(site, id),
    remove: async ({ id }) => await removeMachine(site, id),
    console: async ({ id }) => await readFile((await viewMachine(site, id)).console, 'utf8'),
  });
}
