import { setTimeout as sleep } from 'node:timers/promises';
import type { SkerryError } from '../../../../content/error.ts';
import type { MachineShape } from '../../api/skerry-machine.ts';
import { infraError } from '../../errors.ts';
import type { MachineMark, MachineStep, ObservedMachine, OwnedMachine, WantedMachine } from '../machine.ts';
import type { CloudProvider, Finding, Verification } from '../provider.ts';
import { readConsole } from './console.ts';
import { makeMachine } from './making.ts';
import { listOwned } from './owned.ts';
import { deletePort, isClaimed, lookAtPorts } from './port.ts';
import { preflight } from './preflight.ts';
import { actionToStart, foremost, observedOf, powerOf, type Server } from './server.ts';
import { actOn, deleteServer, lookAtServers, readServer } from './servers.ts';
import type { Services } from './services.ts';
import { verify } from './verify.ts';

/** How long a step waits for the cloud; what takes longer is seen as `changing`. */
const STEP_WITHIN_MS = 20_000;

export interface OpenStackOptions {
  readonly applicationCredentialId: string;
  /** Between two looks while a step is waited for, in milliseconds. */
  readonly pauseMs?: number | undefined;
}

/** Machines as servers of Nova, each with one port of Neutron that it keeps. */
export class OpenStackProvider implements CloudProvider {
  readonly #services: Services;
  readonly #options: OpenStackOptions;

  constructor(services: Services, options: OpenStackOptions) {
    this.#services = services;
    this.#options = options;
  }

  async verify(signal: AbortSignal): Promise<Verification> {
    return await verify(this.#services, this.#options, signal);
  }

  async preflight(
    shapes: readonly { shape: MachineShape; count: number }[],
    signal: AbortSignal,
  ): Promise<readonly Finding[]> {
    return await preflight(this.#services, shapes, signal);
  }

  async observe(mark: MachineMark, _shape: MachineShape, signal: AbortSignal): Promise<ObservedMachine> {
    const { servers, stranger } = await lookAtServers(this.#services, mark, signal);
    const server = foremost(servers);
    if (server !== undefined) return observedOf(server);
    const { ports, cloudNow } = await lookAtPorts(this.#services, mark, signal);
    const claimed = ports.find((port) => isClaimed(port, cloudNow));
    if (claimed !== undefined)
      return {
        state: 'present',
        reference: `port ${claimed.id}`,
        isComplete: false,
        power: 'changing',
        addresses: [],
        failure: undefined,
      };
    if (stranger !== undefined) return { state: 'foreign', detail: `server ${stranger.id}` };
    const [left] = ports;
    return left === undefined ? { state: 'absent' } : { state: 'remains', detail: `port ${left.id}` };
  }

  async act(step: MachineStep, machine: WantedMachine, signal: AbortSignal): Promise<void> {
    if (step === 'create' || step === 'configure') return await makeMachine(this.#services, machine, signal);
    const { mark } = machine;
    const { servers, stranger } = await lookAtServers(this.#services, mark, signal);
    if (servers.length === 0 && stranger !== undefined) throw notOurs(mark, stranger.id);
    if (step === 'delete') return await this.#delete(mark, servers, signal);
    const server = foremost(servers);
    if (server === undefined) return;
    if (step === 'power-on') await this.#switch(server, 'on', actionToStart(server), signal);
    else await this.#switch(server, 'off', server.status === 'ACTIVE' ? 'os-stop' : undefined, signal);
  }

  async listOwned(signal: AbortSignal): Promise<readonly OwnedMachine[]> {
    return await listOwned(this.#services, signal);
  }

  async console(mark: MachineMark, signal: AbortSignal): Promise<string | undefined> {
    const { servers } = await lookAtServers(this.#services, mark, signal);
    const server = foremost(servers);
    return server === undefined ? undefined : await readConsole(this.#services, server.id, signal);
  }

  async close(): Promise<void> {
    await this.#services.close();
  }

  async #switch(
    server: Server,
    power: 'on' | 'off',
    action: string | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    if (action === undefined) return;
    await actOn(this.#services, server, { [action]: null }, signal);
    await this.#until(async () => {
      const seen = await readServer(this.#services, server.id, signal);
      return seen === undefined || powerOf(seen) === power;
    }, signal);
  }

  // The port goes last: as long as it is there the machine is known, and its address not given to another.
  async #delete(mark: MachineMark, servers: readonly Server[], signal: AbortSignal): Promise<void> {
    for (const server of servers) await deleteServer(this.#services, server, signal);
    const gone = async () => (await lookAtServers(this.#services, mark, signal)).servers.length === 0;
    if (servers.length > 0 && !(await this.#until(gone, signal))) return;
    const { ports } = await lookAtPorts(this.#services, mark, signal);
    for (const port of ports) {
      const isOther = port.device_id !== '' && !servers.some(({ id }) => id === port.device_id);
      if (isOther && (await readServer(this.#services, port.device_id, signal)) !== undefined)
        throw notOurs(mark, `${port.device_id}, which has port ${port.id}`);
      await deletePort(this.#services, port, signal);
    }
  }

  /** False when it was not so in time. */
  async #until(isSo: () => Promise<boolean>, signal: AbortSignal): Promise<boolean> {
    const end = performance.now() + STEP_WITHIN_MS;
    for (;;) {
      if (await isSo()) return true;
      if (performance.now() > end) return false;
      await sleep(this.#options.pauseMs ?? 1000, undefined, { signal });
    }
  }
}

function notOurs(mark: MachineMark, server: string): SkerryError {
  return infraError('MACHINE_NOT_OURS', { subject: mark.machine, detail: `server ${server}` });
}
