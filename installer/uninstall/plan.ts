import type { KubeClient } from '../../apply/client/client.ts';
import type { ServedKinds } from '../../apply/client/discovery.ts';
import type { Helm } from '../../apply/helm/helm.ts';
import { at, listAt, textAt } from '../../apply/json.ts';
import { describeObject, groupOf, type KubeObject } from '../../apply/object.ts';
import { componentHooks, componentObjects } from '../../apply/release/objects.ts';
import { ownKinds } from '../../apply/release/own-kinds.ts';
import { isSkerryError } from '../../content/error.ts';
import { mapLimited } from '../../content/limit.ts';
import { installerError } from '../errors.ts';
import { NAMESPACE } from '../names.ts';
import { isBegun, isOwn, wordFor, wordForRelease } from '../ownership/foreign.ts';
import { type OwnObjects, readOwnObjects } from '../ownership/own-objects.ts';
import { type Installation, readInstallation, type StoredInstallation } from '../record/installation.ts';
import { markOf } from '../record/mark.ts';
import { wholeRecord } from '../record/whole-record.ts';
import { readContents } from './contents.ts';
import { grantsOf } from './grants.ts';
import { guardOf } from './guarded.ts';
import { isKept } from './kept.ts';
import { madeByWorkloads } from './made.ts';
import { foreignAmong, type Known } from './ownership.ts';

/** What uninstalling deletes, all of it by name, and what it leaves. */
export interface UninstallPlan {
  /** The record; absent where an installer was cut off before it wrote one. */
  readonly stored: StoredInstallation | undefined;
  readonly id: string;
  /** In the order in which they go. */
  readonly components: readonly PlannedComponent[];
  readonly crds: readonly PlannedCrd[];
  /** Those of the components' objects whose definition stays: they go while their controllers still run. */
  readonly first: readonly KubeObject[];
  /** RoleBindings in namespaces of others that mean nothing without the components. */
  readonly grants: readonly KubeObject[];
  /** What the installer made by itself; record and lock go last, and are not among them. */
  readonly own: readonly KubeObject[];
  readonly record: KubeObject | undefined;
  readonly lease: KubeObject | undefined;
  readonly namespaces: readonly KubeObject[];
  /** Namespaces that stay, with what others have in them. */
  readonly kept: readonly KeptNamespace[];
  /** Else what stays, and why. */
  readonly stays: readonly { readonly object: string; readonly because: string }[];
  readonly known: Known;
}

export interface PlannedComponent {
  readonly name: string;
  readonly namespace: string;
  readonly objects: readonly KubeObject[];
  /** Objects of hooks, which Helm leaves. */
  readonly hooks: readonly KubeObject[];
  /** What its workloads have made for themselves. */
  readonly made: readonly KubeObject[];
}

export interface PlannedCrd {
  readonly crd: KubeObject;
  readonly resources: readonly KubeObject[];
}

export interface KeptNamespace {
  readonly namespace: string;
  readonly because: readonly string[];
}

export interface UninstallContext {
  readonly client: KubeClient;
  readonly helm: Helm;
  readonly signal: AbortSignal;
}

type Recorded = Pick<Installation, 'components' | 'namespaces' | 'adopted'>;

/** Finds everything that would be deleted, and what would stay. Changes nothing. Throws NOT_INSTALLED. */
export async function planUninstall(context: UninstallContext): Promise<UninstallPlan> {
  const { client, signal } = context;
  const [stored, own, kinds] = await Promise.all([
    readInstallation(client, { signal }),
    readOwnObjects(client, signal),
    client.kinds({ signal }),
  ]);
  const found = stored && wholeRecord(stored.installation);
  const id = found === undefined ? (markOf(own?.namespace) ?? markOf(own?.lease) ?? '') : found.id;
  if (own === undefined || (found === undefined && id === ''))
    throw installerError('NOT_INSTALLED', { subject: client.server });
  const recorded: Recorded = found ?? {
    components: [],
    namespaces: markOf(own.namespace) === id ? [NAMESPACE] : [],
    adopted: [],
  };
  const begun = await begunComponents(context, recorded, found);
  const grants = await grantsOf(
    context,
    begun.components.flatMap(({ objects }) => objects),
    id,
  );
  const { crds, kept: keptCrds } = await ownCrds(context, recorded);
  const { mine, stays: others } = ownOnes(own, found, id);
  const known = knownOf(id, begun.components, crds, [...grants, ...mine, own.record, own.lease]);
  const spaces = await judgeNamespaces(context, kinds, recorded.namespaces, known);
  return {
    stored,
    id,
    components: begun.components,
    crds,
    first: ofKinds(keptCrds, begun.components),
    grants,
    own: mine,
    record: stored === undefined ? undefined : own.record,
    lease: own.lease,
    ...spaces,
    stays: [
      ...begun.stays,
      ...others,
      ...adoptedCrds(recorded),
      ...keptCrds.map((crd) => ({ object: describeObject(crd), because: whyKept(crd) })),
    ],
    known,
  };
}

/** What is deleted, by name: to tell it, and to see whether two plans are the same. */
export function namesIn(plan: UninstallPlan): string[] {
  return [
    ...plan.components.flatMap(({ objects, hooks }) => [...objects, ...hooks].map(describeObject)),
    ...plan.crds.map(({ crd }) => describeObject(crd)),
    ...plan.grants.map(describeObject),
    ...plan.own.map(describeObject),
    ...plan.namespaces.map(describeObject),
  ];
}

/** Looks at namespaces once more: which of them hold nothing of anybody else. */
export async function judgeNamespaces(
  { client, signal }: Pick<UninstallContext, 'client' | 'signal'>,
  kinds: ServedKinds,
  names: readonly string[],
  known: Known,
): Promise<{ namespaces: KubeObject[]; kept: KeptNamespace[] }> {
  const namespaces: KubeObject[] = [];
  const kept: KeptNamespace[] = [];
  await mapLimited(names, 2, async (namespace) => {
    const found = await client.get(
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
      { signal },
    );
    if (found === undefined) return;
    const { objects, unknown } = await readContents(client, kinds, namespace, signal);
    const foreign = foreignAmong(objects, known).map(describeKept);
    if (foreign.length + unknown.length === 0) namespaces.push(found);
    else kept.push({ namespace, because: [...foreign, ...unknown] });
  });
  return { namespaces, kept };
}

async function begunComponents(
  context: UninstallContext,
  { components, adopted }: Recorded,
  found: Installation | undefined,
): Promise<Pick<UninstallPlan, 'components' | 'stays'>> {
  const planned: PlannedComponent[] = [];
  const stays: { object: string; because: string }[] = [];
  for (const { name, namespace } of components.toReversed()) {
    if (!isBegun(found, name)) continue;
    if (adopted.includes(wordForRelease({ name, namespace }))) {
      stays.push({
        object: `component ${name} in ${namespace}`,
        because: 'it was there before and was adopted',
      });
      continue;
    }
    const objects = await componentObjects(context, { name, namespace });
    if (objects === undefined) continue;
    const mustStay = (object: KubeObject) =>
      adopted.includes(wordFor(object)) || isKept(object) || object.kind === 'Namespace';
    for (const object of objects.filter((one) => mustStay(one) && one.kind !== 'Namespace')) {
      const because = adopted.includes(wordFor(object)) ? 'it was there before and was adopted' : KEEP_REASON;
      stays.push({ object: describeObject(object), because });
    }
    const hooks = await existing(context, (await componentHooks(context, { name, namespace })) ?? []);
    const gone = objects.filter((object) => !mustStay(object));
    const made = await madeByWorkloads(context, gone);
    planned.push({ name, namespace, objects: gone, hooks: hooks.filter((hook) => !mustStay(hook)), made });
  }
  return { components: planned, stays };
}

const KEEP_REASON = 'its chart says to keep it';

function describeKept(object: KubeObject): string {
  return isKept(object) ? `${describeObject(object)} (${KEEP_REASON})` : describeObject(object);
}

export async function existing(
  { client, signal }: Pick<UninstallContext, 'client' | 'signal'>,
  objects: readonly KubeObject[],
): Promise<KubeObject[]> {
  const found = await mapLimited(objects, 8, async (object) => {
    try {
      return await client.get(object, { signal });
    } catch (error) {
      // Went with its definition.
      if (isSkerryError(error, 'KIND_UNKNOWN')) return undefined;
      throw error;
    }
  });
  return found.filter((object) => object !== undefined);
}

async function ownCrds(
  context: UninstallContext,
  { components, adopted }: Recorded,
): Promise<{ crds: PlannedCrd[]; kept: KubeObject[] }> {
  const namesOf = (some: Recorded['components']) => new Set(some.flatMap(({ crds }) => crds));
  const stays = (component: Recorded['components'][number]) => adopted.includes(wordForRelease(component));
  const needed = namesOf(components.filter(stays));
  const references = [...namesOf(components)]
    .map((name) => ({
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name },
    }))
    .filter((reference) => !adopted.includes(wordFor(reference)));
  const found = await existing(context, references);
  const kept = found.filter((crd) => isKept(crd) || needed.has(crd.metadata.name));
  const gone = found.filter((crd) => !kept.includes(crd));
  const crds = await mapLimited(gone, 4, async (crd) => ({
    crd,
    resources: await resourcesOf(context, crd),
  }));
  // While the definitions of others are still there, so that their controllers see whole objects.
  crds.sort((a, b) => Number(guardOf(b.crd) !== undefined) - Number(guardOf(a.crd) !== undefined));
  return { crds, kept };
}

function whyKept(crd: KubeObject): string {
  return isKept(crd) ? KEEP_REASON : 'its component was there before and was adopted';
}

function ofKinds(crds: readonly KubeObject[], components: readonly PlannedComponent[]): KubeObject[] {
  const kinds = new Set(crds.flatMap(ownKinds).map(({ group, kind }) => `${kind}.${group}`));
  return components
    .flatMap(({ objects }) => objects)
    .filter(({ kind, apiVersion }) => kinds.has(`${kind}.${groupOf(apiVersion)}`));
}

/** Every object of the kind that a CRD brings, in all namespaces. */
export async function resourcesOf(
  { client, signal }: Pick<UninstallContext, 'client' | 'signal'>,
  crd: KubeObject,
): Promise<readonly KubeObject[]> {
  const selection = kindOf(crd);
  if (selection === undefined) return [];
  try {
    return (await client.list(selection, { signal })).items;
  } catch (error) {
    // Not established, or gone meanwhile: then it has none.
    if (isSkerryError(error, 'KIND_UNKNOWN') || isSkerryError(error, 'CLUSTER_ERROR')) return [];
    throw error;
  }
}

export function kindOf(crd: KubeObject): { apiVersion: string; kind: string } | undefined {
  const served = listAt(crd, 'spec', 'versions').find((version) => at(version, 'served') === true);
  const [group, kind, version] = [
    textAt(crd, 'spec', 'group'),
    textAt(crd, 'spec', 'names', 'kind'),
    textAt(served, 'name'),
  ];
  if (group === undefined || kind === undefined || version === undefined) return undefined;
  return { apiVersion: `${group}/${version}`, kind };
}

function adoptedCrds({ adopted }: Recorded) {
  return adopted
    .filter((word) => word.startsWith('CustomResourceDefinition.'))
    .map((word) => ({ object: word.replace('/', ' '), because: 'it was there before and was adopted' }));
}

function ownOnes(own: OwnObjects, found: Installation | undefined, id: string) {
  const all = [...own.images, own.job, own.service, own.slice, own.push, own.users, own.checkpointKey].filter(
    (object) => object !== undefined,
  );
  const isAdopted = (object: KubeObject) => found?.adopted.includes(wordFor(object)) === true;
  const mine = all.filter((object) => isOwn(object, found, id) && !isAdopted(object));
  const stays = all
    .filter((object) => !mine.includes(object))
    .map((object) => ({
      object: describeObject(object),
      because: isAdopted(object)
        ? 'it was there before and was adopted'
        : 'this installation did not make it',
    }));
  return { mine, stays };
}

function knownOf(
  id: string,
  components: readonly PlannedComponent[],
  crds: readonly PlannedCrd[],
  own: readonly (KubeObject | undefined)[],
): Known {
  const objects = [
    ...components.flatMap(({ objects: own, hooks, made }) => [...own, ...hooks, ...made]),
    ...crds.flatMap(({ crd, resources }) => [crd, ...resources]),
    ...own.filter((object) => object !== undefined),
  ];
  return {
    names: new Set(objects.map(describeObject)),
    objects,
    releases: new Set(components.map(({ name }) => name)),
    id,
  };
}
