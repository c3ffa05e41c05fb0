import type { KubeClient } from '../../apply/client/client.ts';
import type { KubeObject } from '../../apply/object.ts';
import type { Rendering } from '../../apply/release/render.ts';
import { isSkerryError } from '../../content/error.ts';
import { MARK } from '../names.ts';
import type { Journal } from '../record/journal.ts';
import { isHook, placed, wordFor } from './foreign.ts';

export interface TakeOverInput {
  readonly client: KubeClient;
  readonly journal: Journal;
  readonly component: { readonly name: string; readonly namespace: string };
  readonly signal: AbortSignal;
}

/** Helm's own mark for what uninstalling a chart leaves alone. */
const KEEP = { 'helm.sh/resource-policy': 'keep' } as const;

/**
 * Makes a rendering fit for a cluster in which some of its objects are there already. Namespaces are made by the
 * installer, since uninstalling a chart must not take with it what others put into them; adopted objects get Helm's
 * marks, and one by which uninstalling leaves them.
 */
export async function takeOver(input: TakeOverInput, rendering: Rendering): Promise<Rendering> {
  const { journal } = input;
  const adopted = new Set(journal.installation.adopted);
  const kept = new Set<KubeObject>();
  for (const object of rendering.objects.filter((candidate) => !isHook(candidate))) {
    if (object.kind === 'Namespace' && object.apiVersion === 'v1') {
      await journal.noteNamespaces(await missing(input, object), { signal: input.signal });
      await giveToHelm(input, object, { [MARK]: journal.installation.id });
      kept.add(object);
    } else if (adopted.size > 0) {
      const there = await adoptedObject(input, adopted, object);
      if (there === undefined) continue;
      await giveToHelm(input, there, {});
      kept.add(object);
    }
  }
  return {
    ...rendering,
    objects: rendering.objects.map((object) => (kept.has(object) ? withKeep(object) : object)),
  };
}

/** Gives Helm's marks to what is there and may be taken over: Helm refuses to render over what does not bear them. */
export async function markForHelm(input: TakeOverInput, objects: readonly KubeObject[]): Promise<void> {
  const { namespaces, adopted, id } = input.journal.installation;
  for (const object of objects.filter((candidate) => !isHook(candidate))) {
    const isOwnNamespace = object.kind === 'Namespace' && namespaces.includes(object.metadata.name);
    const there = isOwnNamespace
      ? await input.client.get(object, { signal: input.signal })
      : await adoptedObject(input, new Set(adopted), object);
    if (there !== undefined) await giveToHelm(input, there, isOwnNamespace ? { [MARK]: id } : {});
  }
}

async function adoptedObject(
  { client, component, signal }: TakeOverInput,
  adopted: ReadonlySet<string>,
  object: KubeObject,
): Promise<KubeObject | undefined> {
  try {
    const there = await placed(client, object, component.namespace, signal);
    return adopted.has(wordFor(there)) ? await client.get(there, { signal }) : undefined;
  } catch (error) {
    if (isSkerryError(error, 'KIND_UNKNOWN')) return undefined;
    throw error;
  }
}

async function missing({ client, signal }: TakeOverInput, object: KubeObject): Promise<string[]> {
  return (await client.get(object, { signal })) === undefined ? [object.metadata.name] : [];
}

// What Helm sets on all that it makes, and looks for before it touches what is there.
async function giveToHelm(
  { client, component, journal, signal }: TakeOverInput,
  { apiVersion, kind, metadata: { name, namespace } }: KubeObject,
  labels: Record<string, string>,
): Promise<void> {
  const isOurs = kind !== 'Namespace' || journal.installation.namespaces.includes(name);
  const metadata = {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    labels: { 'app.kubernetes.io/managed-by': 'Helm', ...(isOurs ? labels : {}) },
    annotations: {
      'meta.helm.sh/release-name': component.name,
      'meta.helm.sh/release-namespace': component.namespace,
    },
  };
  await client.apply({ apiVersion, kind, metadata }, { force: true, signal });
}

function withKeep(object: KubeObject): KubeObject {
  const annotations = { ...object.metadata.annotations, ...KEEP };
  return { ...object, metadata: { ...object.metadata, annotations } };
}
