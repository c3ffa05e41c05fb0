import { at, listAt, numberAt, objectAt, textAt } from '../../apply/json.ts';
import {
  NAMESPACE,
  REGISTRY_ADDRESS,
  REGISTRY_NODE_PORT,
  REGISTRY_SERVICE,
  WORKSTATION_SLICE,
} from '../names.ts';
import type { Installation } from '../record/installation.ts';
import { markOf } from '../record/mark.ts';
import type { OwnObjects } from './own-objects.ts';
import { pushAccessProblem } from './push-access.ts';

/** Something that the installer made and that is not as it should be. */
export interface OwnProblem {
  readonly about: 'address' | 'access' | 'namespace';
  readonly text: string;
  /** The phase that mends it; undefined for what every run mends, or nobody can but a person. */
  readonly phase: string | undefined;
}

/**
 * Compares what the installer has made by itself with what it should be, as far as the record says that it was made.
 * What somebody deleted or changed by hand shows here, whatever phases are done.
 */
export async function ownProblems(
  found: Installation,
  own: OwnObjects,
  registry: string,
): Promise<OwnProblem[]> {
  const isDone = (id: string) => found.phases.some((phase) => phase.id === id && phase.state === 'done');
  const problems: OwnProblem[] = [];
  if (isDone('address-cluster')) {
    for (const text of addressProblems(own))
      problems.push({ about: 'address', text, phase: 'address-cluster' });
    for (const text of strangeSlices(own)) problems.push({ about: 'address', text, phase: undefined });
  }
  if (isDone(registry)) {
    const text = await pushAccessProblem(own.push, own.users);
    if (text !== undefined) problems.push({ about: 'access', text, phase: registry });
  }
  if (found.id !== '' && found.namespaces.includes(NAMESPACE) && markOf(own.namespace) !== found.id)
    problems.push({
      about: 'namespace',
      text: `Namespace ${NAMESPACE} has lost its mark`,
      phase: 'address-cluster',
    });
  return problems;
}

/** What is wrong with an address that should lead to the registry in the cluster. */
function addressProblems({ service, slice, store }: OwnObjects): string[] {
  const name = `Service ${NAMESPACE}/${REGISTRY_SERVICE}`;
  if (service === undefined) return [`${name} is gone, so ${REGISTRY_ADDRESS} leads nowhere`];
  const problems: string[] = [];
  const port = listAt(service, 'spec', 'ports')[0];
  if (textAt(service, 'spec', 'type') !== 'NodePort' || numberAt(port, 'nodePort') !== REGISTRY_NODE_PORT)
    problems.push(`${name} does not have NodePort ${REGISTRY_NODE_PORT}`);
  if (!isSame(objectAt(service, 'spec', 'selector'), objectAt(store, 'spec', 'selector')))
    problems.push(`${name} does not lead to the registry’s pods`);
  if (slice !== undefined) problems.push(`${REGISTRY_ADDRESS} still leads to a workstation, too`);
  return problems;
}

// A slice that somebody else made gets its share of all connections.
function strangeSlices({ slices }: OwnObjects): string[] {
  return slices
    .filter(
      ({ metadata: { name, labels } }) =>
        name !== WORKSTATION_SLICE &&
        labels?.['endpointslice.kubernetes.io/managed-by'] !== 'endpointslice-controller.k8s.io',
    )
    .map(({ metadata: { name } }) => `EndpointSlice ${name} leads ${REGISTRY_ADDRESS} elsewhere, too`);
}

function isSame(a: unknown, b: unknown): boolean {
  if (a === undefined || b === undefined) return false;
  const keys = new Set([...Object.keys(Object(a)), ...Object.keys(Object(b))]);
  return [...keys].every((key) => at(a, key) === at(b, key));
}
