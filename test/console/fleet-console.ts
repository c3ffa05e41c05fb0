import { z } from 'zod';
import type { CustomResource } from '../../platform/api/custom-resource.ts';
import { forwardPort } from '../cluster/network/forward-port.ts';
import type { Progress } from '../cluster/processes/progress.ts';
import { type Fleet, type Member, PROJECT_NAME, startFleet } from '../fleet/fleet.ts';
import { hubUrl, SYSTEM, tokenOf } from '../fleet/hub-user.ts';
import { Managed, pathOf } from '../fleet/managed.ts';
import { profileObject } from '../fleet/profile-object.ts';
import { FIRST } from '../fleet/scenarios.ts';

const Stored = z.looseObject({ spec: z.record(z.string(), z.unknown()) });

/** A cluster that one of those who work with the console has to do with. */
export interface Charge extends Member {
  readonly managed: Managed;
}

/** The console of the platform as it is installed, with two clusters beside it that no hub knows yet. */
export interface FleetConsole {
  readonly fleet: Fleet;
  /** Of the hub, for a browser on this machine. */
  readonly url: string;
  /** Administers the platform; reads the audit. */
  readonly owner: string;
  readonly east: Charge;
  readonly west: Charge;
  /** The spec of an object of the project as the API server has it. */
  spec(kind: CustomResource, name: string): Promise<Readonly<Record<string, unknown>> | undefined>;
  stop(): Promise<void>;
}

/** Starts a fleet with a profile in its project. */
export async function startFleetConsole(name: string, onProgress?: Progress): Promise<FleetConsole> {
  const fleet = await startFleet(name, onProgress);
  try {
    const { hub } = fleet;
    const { hostname, port } = new URL(await hubUrl(hub));
    const door = await forwardPort(hub, hostname, Number(port));
    await hub.api.apply(profileObject(PROJECT_NAME, FIRST, fleet.packs));
    const charge = (member: Member): Charge => ({
      ...member,
      managed: new Managed(hub, PROJECT_NAME, member.name),
    });
    return {
      fleet,
      url: `https://localhost:${door.port}`,
      owner: await tokenWith(fleet, 'owner', ['skerry-admin', 'skerry-auditor']),
      east: charge(fleet.east),
      west: charge(fleet.west),
      spec: async (kind, object) => {
        const found = await hub.api.get(pathOf(kind, PROJECT_NAME, object));
        return found === undefined ? undefined : Stored.parse(found).spec;
      },
      stop: async () => {
        door.close();
        await fleet.stop();
      },
    };
  } catch (error) {
    await fleet.stop();
    throw error;
  }
}

/** A token of a ServiceAccount with roles in the whole platform. */
async function tokenWith({ hub }: Fleet, name: string, roles: readonly string[]): Promise<string> {
  await hub.api.apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace: SYSTEM } });
  for (const role of roles) {
    await hub.api.apply({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: `${name}-${role}` },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
      subjects: [{ kind: 'ServiceAccount', name, namespace: SYSTEM }],
    });
  }
  return await tokenOf(hub, name);
}
