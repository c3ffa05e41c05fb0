import { infraError } from '../../errors.ts';
import type { WantedMachine } from '../machine.ts';
import { chooseFlavor, listFlavors } from './flavors.ts';
import { findImage } from './images.ts';
import { keyOf, metadataOf, TAG } from './mark.ts';
import { findPlace, type Place } from './networks.ts';
import { type OpenStackPlacement, readPlacement } from './placement.ts';
import { claimPort, deletePort, isClaimed, lookAtPorts, makePort, type Port } from './port.ts';
import { failureOf, refusalOf } from './refusal.ts';
import { lookAtServers, readServer } from './servers.ts';
import type { Services } from './services.ts';
import { encodeUserData } from './user-data.ts';

/** The claimant of a port asks for the server within this, or not at all; less than the claim lasts. */
const MAKE_WITHIN_MS = 40_000;
const DEFAULT_DISK_GIB = 20;
const REFUSED = [400, 403, 404, 409, 413];

interface Plan {
  readonly placement: OpenStackPlacement;
  readonly place: Place;
  readonly server: Readonly<Record<string, unknown>>;
}

/**
 * Makes a machine: its port, then its server.
 *
 * Nova excludes nothing: two requests make two servers. So a controller that wants to make one first takes the claim of the machine's
 * port. It is there from the port's creation on, ends by itself, and is taken over by comparing revisions. Ports have no
 * unique names either, so after each claim one looks again, and goes back where somebody else has claimed another. Below
 * that stands Nova: it refuses a port that has a server, or is gone.
 *
 * Throws MACHINE_NAME_TAKEN, TEMPLATE_UNKNOWN, FLAVOR_UNKNOWN, NETWORK_UNKNOWN, QUOTA_EXCEEDED and what calls throw.
 * Where somebody else is at it, it returns, and the next look shows that.
 */
export async function makeMachine(
  services: Services,
  machine: WantedMachine,
  signal: AbortSignal,
): Promise<void> {
  const { mark } = machine;
  const before = await lookAtServers(services, mark, signal);
  if (before.servers.length > 0) return;
  if (before.stranger !== undefined)
    throw infraError('MACHINE_NAME_TAKEN', { subject: mark.machine, detail: `server ${before.stranger.id}` });
  // All that can be missing is asked before anything is made.
  const plan = await planOf(services, machine, signal);
  const limit = AbortSignal.any([signal, AbortSignal.timeout(MAKE_WITHIN_MS)]);
  const port = await claim(services, machine, plan, limit).catch((error: unknown) => {
    throw limitError(error, limit, signal, mark.machine);
  });
  if (port === undefined) return;
  await makeServer(services, machine, { port, plan }, limit).catch((error: unknown) => {
    throw limitError(error, limit, signal, mark.machine);
  });
}

/** The port for which a server may be made now; undefined where somebody else is about to make one. */
async function claim(
  services: Services,
  machine: WantedMachine,
  { place, placement }: Plan,
  signal: AbortSignal,
): Promise<Port | undefined> {
  const { mark } = machine;
  const { ports, cloudNow } = await lookAtPorts(services, mark, signal);
  if (ports.some((port) => isClaimed(port, cloudNow))) return undefined;
  if (await deleteDeadPorts(services, ports, signal)) return undefined;
  const [first] = ports;
  const mine =
    first === undefined
      ? await makePort(services, machine, { place, placement, cloudNow }, signal)
      : await claimPort(services, mark, { port: first, cloudNow }, signal);
  if (mine === undefined) return undefined;
  const now = await lookAtPorts(services, mark, signal);
  const others = now.ports.filter(({ id }) => id !== mine.id);
  if (others.some((other) => isTaken(other, now.cloudNow))) {
    if (first === undefined) await deletePort(services, mine, signal);
    return undefined;
  }
  for (const other of others) await deletePort(services, other, signal);
  // Between the first look and the claim somebody may have made it and let the claim run out.
  const { servers } = await lookAtServers(services, mark, signal);
  return servers.length > 0 ? undefined : mine;
}

/**
 * Deletes ports of servers that are no longer there, which Nova may leave when a host is lost: they can't be given to
 * another. True where a port is, or was, of a server.
 */
async function deleteDeadPorts(
  services: Services,
  ports: readonly Port[],
  signal: AbortSignal,
): Promise<boolean> {
  const bound = ports.filter(({ device_id }) => device_id !== '');
  for (const port of bound)
    if ((await readServer(services, port.device_id, signal)) === undefined)
      await deletePort(services, port, signal);
  return bound.length > 0;
}

function isTaken(port: Port, cloudNow: Date): boolean {
  return port.device_id !== '' || isClaimed(port, cloudNow);
}

async function makeServer(
  services: Services,
  machine: WantedMachine,
  { port, plan }: { port: Port; plan: Plan },
  signal: AbortSignal,
): Promise<void> {
  const { mark } = machine;
  const { availabilityZone, keyName, serverGroup } = plan.placement;
  const body = {
    server: {
      ...plan.server,
      name: mark.machine,
      networks: [{ port: port.id }],
      metadata: metadataOf(machine),
      tags: [TAG, keyOf(mark)],
      config_drive: true,
      ...(availabilityZone === undefined ? {} : { availability_zone: availabilityZone }),
      ...(keyName === undefined ? {} : { key_name: keyName }),
    },
    ...(serverGroup === undefined ? {} : { 'os:scheduler_hints': { group: serverGroup } }),
  };
  const request = { method: 'POST', path: '/servers', body, accept: REFUSED } as const;
  const answer = await services.call('compute', request, signal);
  if (answer.status < 300) return;
  const { ports } = await lookAtPorts(services, mark, signal);
  // The port has got a server meanwhile, which is what was wanted.
  if (ports.some(({ id, device_id }) => id === port.id && device_id !== '')) return;
  // Refused for certain, so what holds an address and quota goes. Of anything else it isn't known what came of it.
  await deletePort(services, port, signal);
  throw failureOf(`server ${mark.machine}`, refusalOf(answer));
}

async function planOf(
  services: Services,
  { mark, shape, userData }: WantedMachine,
  signal: AbortSignal,
): Promise<Plan> {
  const placement = readPlacement(shape.placement);
  if (shape.template === undefined)
    throw infraError('TEMPLATE_UNKNOWN', { subject: 'template', detail: 'none is named' });
  const image = await findImage(services, shape.template, signal);
  const hasVolume = placement.bootVolume !== undefined;
  const flavor = chooseFlavor(await listFlavors(services, signal), shape, hasVolume);
  const place = await findPlace(services, placement, signal);
  const size = shape.diskGiB ?? (flavor.disk || Math.max(image.min_disk, DEFAULT_DISK_GIB));
  const volume = {
    uuid: image.id,
    source_type: 'image',
    destination_type: 'volume',
    boot_index: 0,
    volume_size: size,
    delete_on_termination: true,
    ...(typeof placement.bootVolume === 'object' ? { volume_type: placement.bootVolume.type } : {}),
  };
  const disk = hasVolume ? { block_device_mapping_v2: [volume] } : { imageRef: image.id };
  return {
    placement,
    place,
    server: { flavorRef: flavor.id, ...disk, user_data: encodeUserData(userData, mark.id) },
  };
}

/** A limit of our own is no reason of the caller's. */
function limitError(error: unknown, limit: AbortSignal, signal: AbortSignal, subject: string): unknown {
  if (signal.aborted || error !== limit.reason) return error;
  return infraError('STEP_TIMEOUT', { subject, detail: `not made within ${MAKE_WITHIN_MS / 1000} s` });
}
