import type { KubeClient } from '../../apply/client/client.ts';
import { describeObject, type KubeObject } from '../../apply/object.ts';
import { isSkerryError, type SkerryError } from '../../content/error.ts';
import { mapLimited } from '../../content/limit.ts';
import { installerError } from '../errors.ts';
import { LABELS, NAMESPACE, REGISTRY_SERVICE, WORKSTATION_SLICE } from '../names.ts';
import type { Installation } from '../record/installation.ts';
import { markOf } from '../record/mark.ts';
import type { OwnObjects } from './own-objects.ts';

/** Something that bears a name which the installation needs, and was not made by it. */
export interface Foreign {
  /** What to give to `--adopt` to have it taken over. */
  readonly word: string;
  /** What would happen to it then, where that is more than being changed. */
  readonly warning?: string | undefined;
}

/** A component that is about to be applied, as it renders in this cluster. */
export interface RenderedComponent {
  readonly name: string;
  readonly namespace: string;
  readonly crds: readonly KubeObject[];
  readonly objects: readonly KubeObject[];
}

export interface ForeignInput {
  readonly client: Pick<KubeClient, 'get' | 'list' | 'resource'>;
  readonly found: Installation | undefined;
  /** The installation's id, as far as there is one. */
  readonly id: string | undefined;
  readonly own: OwnObjects;
  readonly components: readonly RenderedComponent[];
  readonly signal: AbortSignal;
}

const WIDTH = 8;

/**
 * Finds what is in the way of an installation and belongs to somebody else: by the record of what was begun here and
 * the mark on what the installer made, never by names alone. What was adopted before is left out. Changes nothing.
 */
export async function findForeign(input: ForeignInput): Promise<Foreign[]> {
  const { found, components } = input;
  const ofComponents = await mapLimited(components, 2, async (component) => [
    ...(await foreignRelease(input, component)),
    ...(await foreignCrds(input, component)),
    ...(await foreignObjects(input, component)),
  ]);
  const all = [...foreignOwn(input), ...ofComponents.flat()];
  const adopted = new Set(found?.adopted);
  const byWord = new Map(
    all.filter(({ word }) => !adopted.has(word)).map((foreign) => [foreign.word, foreign]),
  );
  return [...byWord.values()];
}

/** Those that nobody has given a word for. `all` is a word for all. */
export function notAdopted(foreign: readonly Foreign[], words: readonly string[]): Foreign[] {
  return words.includes('all') ? [] : foreign.filter(({ word }) => !words.includes(word));
}

/** FOREIGN_OBJECT with the word for each; undefined where nothing is in the way. */
export function foreignError(foreign: readonly Foreign[]): SkerryError | undefined {
  const [first] = foreign;
  if (first === undefined) return undefined;
  return installerError('FOREIGN_OBJECT', {
    subject: foreign.length === 1 ? first.word : `${foreign.length} objects`,
    detail: foreign
      .map(({ word, warning }) => `--adopt ${word}${warning === undefined ? '' : ` (${warning})`}`)
      .join(', '),
  });
}

/** `Secret/skerry-system/users`, `HelmRelease/skerry-system/hub`, `CustomResourceDefinition.apiextensions.k8s.io/x`. */
export function wordFor(object: KubeObject): string {
  return describeObject(object).replace(' ', '/');
}

export function wordForRelease({ name, namespace }: { name: string; namespace: string }): string {
  return `HelmRelease/${namespace}/${name}`;
}

/** Whether an earlier run has begun with the component, so that what bears its marks was made here. */
export function isBegun(found: Installation | undefined, component: string): boolean {
  const phase = found?.phases.find(({ id }) => id === `component-${component}`);
  return phase !== undefined && phase.state !== 'waiting';
}

// The namespace may be anybody's: sites make it beforehand, with labels of their own.
function foreignOwn({ found, id, own }: ForeignInput): Foreign[] {
  const { images, job, service, slice, push, users, checkpointKey, lease, slices } = own;
  const strange = slices.filter(
    ({ metadata: { name, labels } }) =>
      name !== WORKSTATION_SLICE &&
      labels?.['endpointslice.kubernetes.io/managed-by'] !== 'endpointslice-controller.k8s.io' &&
      labels?.['kubernetes.io/service-name'] === REGISTRY_SERVICE,
  );
  return [...images, job, service, slice, push, users, checkpointKey, lease, ...strange].flatMap((object) =>
    object === undefined || isOwn(object, found, id) ? [] : [{ word: wordFor(object) }],
  );
}

/** Marked as ours; or, beside a record, with what versions before the mark put on what they made. */
export function isOwn(object: KubeObject, found: Installation | undefined, id: string | undefined): boolean {
  const mark = markOf(object);
  if (mark !== undefined) return mark === id;
  const label = 'app.kubernetes.io/managed-by';
  return found !== undefined && object.metadata.labels?.[label] === LABELS[label];
}

async function foreignRelease(
  { client, found, signal }: ForeignInput,
  component: RenderedComponent,
): Promise<Foreign[]> {
  const { name, namespace } = component;
  if (isBegun(found, name)) return [];
  const labelSelector = `owner=helm,name=${name}`;
  const { items } = await client.list(
    { apiVersion: 'v1', kind: 'Secret', namespace, labelSelector },
    { signal },
  );
  if (!items.some(({ type }) => type === 'helm.sh/release.v1')) return [];
  const warning = 'what it has and this release has not is deleted then';
  return [{ word: wordForRelease(component), warning }];
}

async function foreignCrds(
  { client, found, signal }: ForeignInput,
  { crds }: RenderedComponent,
): Promise<Foreign[]> {
  const ours = new Set(found?.components.flatMap((component) => component.crds));
  const others = crds.filter(({ metadata }) => !ours.has(metadata.name));
  const existing = await mapLimited(others, WIDTH, (crd) => client.get(crd, { signal }));
  return existing.flatMap((crd) => (crd === undefined ? [] : [{ word: wordFor(crd) }]));
}

async function foreignObjects(input: ForeignInput, component: RenderedComponent): Promise<Foreign[]> {
  const existing = await mapLimited(component.objects, WIDTH, (object) =>
    findPlaced(input, component, object),
  );
  return existing.flatMap((object) =>
    object === undefined || isOfComponent(input, component, object) ? [] : [{ word: wordFor(object) }],
  );
}

function isOfComponent({ found }: ForeignInput, component: RenderedComponent, object: KubeObject): boolean {
  const { name, annotations } = object.metadata;
  // A namespace that was made for the component, before its chart was applied.
  if (object.kind === 'Namespace' && (name === NAMESPACE || found?.namespaces.includes(name))) return true;
  if (!isBegun(found, component.name)) return false;
  // Hooks don't bear the name of their release.
  if (component.objects.some((rendered) => isHook(rendered) && isSameObject(rendered, object, component)))
    return true;
  return (
    annotations?.['meta.helm.sh/release-name'] === component.name &&
    annotations['meta.helm.sh/release-namespace'] === component.namespace
  );
}

/** A chart need not say the namespace of its objects. */
function isSameObject(
  rendered: KubeObject,
  { metadata, ...object }: KubeObject,
  { namespace }: { readonly namespace: string },
): boolean {
  const placed = metadata.namespace === undefined ? undefined : (rendered.metadata.namespace ?? namespace);
  return (
    rendered.metadata.name === metadata.name &&
    placed === metadata.namespace &&
    describeObject({ ...rendered, metadata }) === describeObject({ ...object, metadata })
  );
}

/** Where an object of a chart ends up. Throws KIND_UNKNOWN. */
export async function placed(
  client: Pick<KubeClient, 'resource'>,
  object: KubeObject,
  namespace: string,
  signal: AbortSignal,
): Promise<KubeObject> {
  const { namespaced } = await client.resource(object.apiVersion, object.kind, { signal });
  const { namespace: _, ...metadata } = object.metadata;
  const place = namespaced ? { namespace: object.metadata.namespace ?? namespace } : {};
  return { ...object, metadata: { ...metadata, ...place } };
}

export function isHook(object: KubeObject): boolean {
  return object.metadata.annotations?.['helm.sh/hook'] !== undefined;
}

// A kind that isn't served yet, as that of a CRD on its way in, has no objects.
async function findPlaced(
  { client, signal }: ForeignInput,
  { namespace }: RenderedComponent,
  object: KubeObject,
): Promise<KubeObject | undefined> {
  try {
    return await client.get(await placed(client, object, namespace, signal), { signal });
  } catch (error) {
    if (isSkerryError(error, 'KIND_UNKNOWN') || isSkerryError(error, 'CLUSTER_FORBIDDEN')) return undefined;
    throw error;
  }
}
