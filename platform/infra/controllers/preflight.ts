import { z } from 'zod';
import { isSkerryError } from '../../../content/error.ts';
import { MachineShape } from '../api/skerry-machine.ts';
import type { Finding } from '../provider/provider.ts';
import type { Said } from './cluster-work.ts';
import type { CapiCluster, CapiReplicas, StoredTemplate } from './stored.ts';

const MAX_TOLD = 5;

/** Machines of one kind that are to be made. */
export interface WantedShape {
  readonly shape: MachineShape;
  readonly count: number;
}

/** What of Cluster API's and our objects says which machines a cluster is to have. */
export interface PlannedMachines {
  readonly controlPlanes: Pick<ReadonlyMap<string, CapiReplicas>, 'get'>;
  readonly deployments: { values(): Iterable<CapiReplicas> };
  readonly templates: Pick<ReadonlyMap<string, StoredTemplate>, 'get'>;
}

const Named = z.object({ spec: z.object({ infrastructureRef: z.object({ name: z.string() }) }) });

/** The machines that a new cluster is to have; undefined as long as not all is here that says so. */
export function wantedShapes(
  { controlPlanes, deployments, templates }: PlannedMachines,
  { metadata: { name, namespace }, spec }: CapiCluster,
): readonly WantedShape[] | undefined {
  const controlPlane = controlPlanes.get(`${namespace}/${name}`);
  if (controlPlane === undefined && spec.controlPlaneRef !== undefined) return undefined;
  const pools = [...deployments.values()].filter(
    ({ metadata, spec: { clusterName } }) => metadata.namespace === namespace && clusterName === name,
  );
  const wanted: WantedShape[] = [];
  for (const { spec: user } of controlPlane === undefined ? pools : [controlPlane, ...pools]) {
    const named = Named.safeParse(user.machineTemplate ?? user.template).data?.spec.infrastructureRef.name;
    const shape = MachineShape.safeParse(templates.get(`${namespace}/${named}`)?.spec?.template.spec).data;
    if (shape === undefined) return undefined;
    if (user.replicas > 0) wanted.push({ shape, count: user.replicas });
  }
  return wanted;
}

/** Whether an account has what is needed, by what `look` finds or throws. Throws what is no fault of the account's. */
export async function preflightSaid(
  look: () => Promise<readonly Finding[]>,
  signal: AbortSignal,
): Promise<Said> {
  try {
    const findings = await look();
    const errors = findings.filter(({ severity }) => severity === 'error');
    const [first] = errors;
    if (first === undefined) return preflightPassed();
    return preflightMissing(first.code, [...new Set(errors.map(textOf))].slice(0, MAX_TOLD).join('; '));
  } catch (error) {
    if (signal.aborted || !isSkerryError(error)) throw error;
    return preflightMissing(error.code, textOf(error));
  }
}

export function preflightPassed(): Said {
  return { type: 'Preflight', status: 'True', reason: 'Passed', message: '' };
}

export function preflightMissing(reason: string, message: string): Said {
  return { type: 'Preflight', status: 'False', reason, message };
}

function textOf({ subject, detail }: Pick<Finding, 'subject' | 'detail'>): string {
  return detail === undefined ? subject : `${subject}: ${detail}`;
}
