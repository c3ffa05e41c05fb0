import { randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import { z } from 'zod';
import type { MachineMark, WantedMachine } from '../machine.ts';
import { keyOf, portMark, portText } from './mark.ts';
import { type Place, subnetOf } from './networks.ts';
import type { OpenStackPlacement } from './placement.ts';
import { cloudTimeOf, narrow, type Services } from './services.ts';

/** Neutron's "Ports", as much of it as is used. */
export const Port = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string().default(''),
  /** The server that has it; empty when none. */
  device_id: z.string().default(''),
  revision_number: z.number().default(0),
  fixed_ips: z.array(z.object({ ip_address: z.string() })).default([]),
});
export type Port = z.infer<typeof Port>;

const Ports = z.object({ ports: z.array(Port) });
const OnePort = z.object({ port: Port });

/**
 * How long the claimant of a port may be about to make its server. Longer than making one may take (MAKE_WITHIN_MS), so
 * that a claim which is taken over has nobody behind it.
 */
const CLAIM_MS = 60_000;

export interface PortView {
  /** Those of this machine, in an order that everybody sees. */
  readonly ports: readonly Port[];
  /** Neutron's own clock. */
  readonly cloudNow: Date;
}

/** Whether somebody may be about to make a server for the port right now. */
export function isClaimed({ device_id, description }: Port, cloudNow: Date): boolean {
  const claimed = portMark(description)?.claimedAt;
  return (
    device_id === '' && claimed !== undefined && Math.abs(cloudNow.getTime() - claimed.getTime()) <= CLAIM_MS
  );
}

/** The ports of a machine. Others may have its name: only those with its mark count. */
export async function lookAtPorts(
  services: Services,
  mark: MachineMark,
  signal: AbortSignal,
): Promise<PortView> {
  const { project } = await services.token(signal);
  const query = new URLSearchParams({ name: keyOf(mark), project_id: project.id });
  const request = { method: 'GET', path: `/ports?${query}` } as const;
  const answer = await services.call('network', request, signal);
  const { ports } = narrow(Ports, answer, 'network: /ports');
  return {
    ports: ports
      .filter(({ description }) => portMark(description)?.clusterId === mark.clusterId)
      .toSorted((one, other) => one.id.localeCompare(other.id)),
    cloudNow: cloudTimeOf(answer) ?? services.now(),
  };
}

/** Makes the machine's port, with its mark and a claim from the first moment. */
export async function makePort(
  services: Services,
  { mark, address, virtualAddress }: WantedMachine,
  { place, placement, cloudNow }: { place: Place; placement: OpenStackPlacement; cloudNow: Date },
  signal: AbortSignal,
): Promise<Port> {
  const fixed =
    address !== undefined
      ? [{ subnet_id: subnetOf(place, address.address).id, ip_address: address.address }]
      : placement.subnet === undefined
        ? undefined
        : place.subnets.slice(0, 1).map(({ id }) => ({ subnet_id: id }));
  // The endpoint of a control plane may be a name, which somebody else leads to an address.
  const virtual = virtualAddress !== undefined && isIP(virtualAddress) !== 0 ? [virtualAddress] : [];
  const others = [...(placement.allowedAddresses ?? []), ...virtual];
  const allowed = others.map((ip_address) => ({ ip_address }));
  const body = {
    port: {
      name: keyOf(mark),
      description: portText(mark, claimAt(cloudNow)),
      network_id: place.network,
      ...(fixed === undefined ? {} : { fixed_ips: fixed }),
      ...(place.securityGroups === undefined ? {} : { security_groups: place.securityGroups }),
      ...(allowed.length === 0 ? {} : { allowed_address_pairs: allowed }),
    },
  };
  const { port } = await services.read('network', OnePort, { method: 'POST', path: '/ports', body }, signal);
  return port;
}

/**
 * Takes over a port whose claim has run out. Undefined when somebody else was first: Neutron compares the revision as it
 * writes (extension revision-if-match).
 */
export async function claimPort(
  services: Services,
  mark: MachineMark,
  { port, cloudNow }: { port: Port; cloudNow: Date },
  signal: AbortSignal,
): Promise<Port | undefined> {
  const answer = await services.call(
    'network',
    {
      method: 'PUT',
      path: `/ports/${port.id}`,
      headers: { 'if-match': `revision_number=${port.revision_number}` },
      body: { port: { description: portText(mark, claimAt(cloudNow)) } },
      accept: [404, 412],
      // Sent again after its answer was lost, it would find its own revision.
      repeatable: false,
    },
    signal,
  );
  return OnePort.safeParse(answer.body).data?.port;
}

/** Deletes a port; what is gone is done. */
export async function deletePort(services: Services, { id }: Port, signal: AbortSignal): Promise<void> {
  await services.call('network', { method: 'DELETE', path: `/ports/${id}`, accept: [404] }, signal);
}

// No two are the same, so that each changes the port, and its revision with it.
function claimAt(cloudNow: Date): string {
  return `${Math.floor(cloudNow.getTime() / 1000)}-${randomBytes(4).toString('hex')}`;
}
