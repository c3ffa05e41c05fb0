import type { KubeClient } from '../../apply/client/client.ts';
import { at, listAt, textAt } from '../../apply/json.ts';
import type { KubeObject } from '../../apply/object.ts';
import { CHECKPOINT_LEAVES, CHECKPOINT_RULE } from '../names.ts';
import { withoutLeft } from './left-fields.ts';

/** A kind of custom resources, as its definition has it. */
export interface ResourceKind {
  readonly crd: string;
  /** The version that objects are stored in, or, where that is not served, another one. */
  readonly apiVersion: string;
  readonly kind: string;
  readonly rule: 'always' | 'never';
  /** Fields that stay as they are. */
  readonly leaves: readonly string[];
}

/** Undefined where the definition has no version that is served. */
export function resourceKind(crd: KubeObject): ResourceKind | undefined {
  const versions = listAt(crd, 'spec', 'versions').filter((version) => at(version, 'served') === true);
  const version = versions.find((candidate) => at(candidate, 'storage') === true) ?? versions[0];
  const [group, kind] = [textAt(crd, 'spec', 'group'), textAt(crd, 'spec', 'names', 'kind')];
  const name = textAt(version, 'name');
  if (group === undefined || kind === undefined || name === undefined) return undefined;
  return { crd: crd.metadata.name, apiVersion: `${group}/${name}`, kind, ...rulesOf(crd) };
}

function rulesOf({ metadata: { annotations = {} } }: KubeObject): Pick<ResourceKind, 'rule' | 'leaves'> {
  const leaves = (annotations[CHECKPOINT_LEAVES] ?? '').split(',').map((path) => path.trim());
  return {
    rule: annotations[CHECKPOINT_RULE] === 'never' ? 'never' : 'always',
    leaves: leaves.filter((path) => path !== ''),
  };
}

/**
 * The objects of a kind that people have made, without the fields that are left as they are. What a controller made out of others it makes again by itself, with what
 * it knows by then; what is on its way out is left to go.
 */
export async function* customResources(
  { client, signal }: { readonly client: Pick<KubeClient, 'pages'>; readonly signal: AbortSignal },
  { apiVersion, kind, leaves }: Pick<ResourceKind, 'apiVersion' | 'kind' | 'leaves'>,
): AsyncGenerator<KubeObject> {
  for await (const page of client.pages({ apiVersion, kind }, { signal })) {
    for (const object of page) {
      const { ownerReferences = [], deletionTimestamp } = object.metadata;
      const isMade = ownerReferences.some((owner) => at(owner, 'controller') === true);
      if (!isMade && deletionTimestamp === undefined) yield withoutLeft(object, leaves);
    }
  }
}
