import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type Service, startService } from './service.ts';

/** A machine that exists only as its BMC. */
export interface EmulatedMachine {
  readonly uuid: string;
  readonly name: string;
  readonly mac: string;
}

/** What the emulator says of a machine whenever something of it changes. */
export const MachineEvent = z.object({
  uuid: z.string(),
  name: z.string(),
  power_state: z.string().nullish(),
  boot_device: z.string().nullish(),
  /** Files that it fetched, by drive. */
  boot_image: z.record(z.string(), z.unknown()).nullish(),
});
export type MachineEvent = z.infer<typeof MachineEvent>;

/** The file of a drive; undefined for one that is empty. */
export function imageOf(drive: unknown): string | undefined {
  const [file, , isInserted] = z.tuple([z.string(), z.unknown(), z.boolean()]).safeParse(drive).data ?? [];
  return isInserted === true ? file : undefined;
}

export interface EmulatorOptions {
  readonly environment: string;
  readonly folder: string;
  readonly port: number;
  readonly machines: readonly EmulatedMachine[];
  /** False where the BMCs tell neither processors nor disks, without which Ironic does not inspect. */
  readonly tellsHardware?: boolean | undefined;
  /** Gets each MachineEvent by PUT. */
  readonly notifyUrl: string;
  /** htpasswd with bcrypt; any user is let in when absent. */
  readonly passwords?: string | undefined;
  readonly signal: AbortSignal;
}

/** sushy-tools: Redfish BMCs without machines behind them. */
export async function startEmulator(options: EmulatorOptions): Promise<Service> {
  const { environment, folder, port, signal } = options;
  await mkdir(folder, { recursive: true });
  const file = join(folder, 'emulator.conf');
  await writeFile(file, configuration(options));
  return await startService({
    name: 'emulator',
    program: join(environment, 'bin/sushy-emulator'),
    args: ['--config', file],
    folder,
    readyUrl: `http://127.0.0.1:${port}/redfish/v1/`,
    signal,
  });
}

// Its driver without machines has no processors.
const PROCESSORS = `from sushy_tools.emulator.resources.systems.fakedriver import FakeDriver
FakeDriver.get_processors = lambda self, identity: [
    {'id': 'CPU0', 'socket': 'CPU 0', 'model': 'emulated', 'vendor': 'emulated', 'cores': '4', 'threads': '8'}]`;

function hardware(machines: readonly EmulatedMachine[]): string {
  const controllers = [{ MemberId: '0', Name: 'controller', SpeedGbps: 12 }];
  const storage = machines.map(({ uuid }) => [
    uuid,
    [{ Id: '1', Name: 'disks', StorageControllers: controllers, Drives: ['disk'] }],
  ]);
  const drive = JSON.stringify([{ Id: 'disk', Name: 'disk', CapacityBytes: 64e9, Protocol: 'SATA' }]);
  return `${PROCESSORS}
SUSHY_EMULATOR_STORAGE = ${JSON.stringify(Object.fromEntries(storage))}
SUSHY_EMULATOR_DRIVES = {${machines.map(({ uuid }) => `('${uuid}', '1'): ${drive}`).join(', ')}}
SUSHY_EMULATOR_VOLUMES = {${machines.map(({ uuid }) => `('${uuid}', '1'): []`).join(', ')}}`;
}

// Python, which takes JSON's objects and lists as its own.
function configuration(options: EmulatorOptions): string {
  const { folder, port, machines, tellsHardware, notifyUrl, passwords } = options;
  const systems = machines.map(({ uuid, name, mac }) => ({
    uuid,
    name,
    power_state: 'Off',
    external_notifier: true,
    nics: [{ mac, ip: '192.0.2.1' }],
  }));
  return `SUSHY_EMULATOR_LISTEN_IP = '127.0.0.1'
SUSHY_EMULATOR_LISTEN_PORT = ${port}
SUSHY_EMULATOR_FAKE_DRIVER = True
SUSHY_EMULATOR_STATE_DIR = '${join(folder, 'state')}'
SUSHY_EMULATOR_FEATURE_SET = 'full'
EXTERNAL_NOTIFICATION_URL = '${notifyUrl}'
${passwords === undefined ? '' : `SUSHY_EMULATOR_AUTH_FILE = '${passwords}'`}
true = True
# It draws how many seconds a change of power takes, from 1 to 11; here all take the shortest.
import random
random.randint = lambda least, most: least
${tellsHardware === false ? '' : hardware(machines)}
SUSHY_EMULATOR_FAKE_SYSTEMS = ${JSON.stringify(systems)}
`;
}
