import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { command } from '../cluster/processes/command.ts';
import { bootMachine, removeMachine, startMachine, stopMachine } from '../machines/machine.ts';
import type { MachineSite } from '../machines/site.ts';
import { type EmulatedMachine, imageOf, type MachineEvent } from './emulator.ts';

const FILES = ['meta_data.json', 'user_data', 'network_data.json'];
const MetaData = z.object({ uuid: z.string() });

/**
 * Does to machines what their BMCs say: one that is switched on with a config drive boots as that says, and keeps its
 * disk until the drive is taken out. What happens to one machine happens in turn.
 */
export class RackPower {
  readonly #site: MachineSite;
  readonly #folder: string;
  readonly #machines: readonly EmulatedMachine[];
  readonly #turns = new Map<string, Promise<void>>();
  /** The instance that each has become. */
  readonly #instances = new Map<string, string>();
  readonly failures: unknown[] = [];

  /** `machines`: those whose cards have the address that their BMC tells; others have any. */
  constructor(site: MachineSite, folder: string, machines: readonly EmulatedMachine[] = []) {
    this.#site = site;
    this.#folder = folder;
    this.#machines = machines;
  }

  onEvent(event: MachineEvent): void {
    const turn = (this.#turns.get(event.uuid) ?? Promise.resolve())
      .then(() => this.#follow(event))
      .catch((error: unknown) => {
        this.failures.push(error);
      });
    this.#turns.set(event.uuid, turn);
  }

  async settle(): Promise<void> {
    await Promise.all(this.#turns.values());
  }

  async #follow({ uuid, name, power_state, boot_image }: MachineEvent): Promise<void> {
    const instance = this.#instances.get(uuid);
    const drive = imageOf(boot_image?.Floppy);
    if (power_state !== 'On') {
      if (instance !== undefined) await stopMachine(this.#site, instance);
      if (instance === undefined || drive !== undefined) return;
      await removeMachine(this.#site, instance);
      this.#instances.delete(uuid);
    } else if (instance !== undefined) await startMachine(this.#site, instance);
    else if (drive !== undefined) {
      const { id, folder } = await this.#insert(uuid, drive);
      this.#instances.set(uuid, id);
      const mac = this.#machines.find((machine) => machine.uuid === uuid)?.mac;
      await bootMachine(this.#site, { id, name, seed: { kind: 'config-drive', folder }, mac });
    }
  }

  /** Copies the config drive into a folder, for a machine that has no drives. */
  async #insert(uuid: string, drive: string): Promise<{ id: string; folder: string }> {
    const folder = join(this.#folder, uuid);
    const latest = join(folder, 'openstack/latest');
    await rm(folder, { recursive: true, force: true });
    await mkdir(latest, { recursive: true });
    const has = new Set((await command('isoinfo', ['-R', '-f', '-i', drive])).split('\n'));
    for (const file of FILES.filter((name) => has.has(`/openstack/latest/${name}`)))
      await command('sh', [
        '-c',
        'isoinfo -R -i "$1" -x "$2" > "$3"',
        'sh',
        drive,
        `/openstack/latest/${file}`,
        join(latest, file),
      ]);
    const meta = await command('cat', [join(latest, 'meta_data.json')]);
    return { id: MetaData.parse(JSON.parse(meta)).uuid, folder };
  }
}
