import type { KubeClient } from '../../apply/client/client.ts';
import { isJsonObject, listAt, textAt } from '../../apply/json.ts';
import type { KubeObject } from '../../apply/object.ts';
import { isSkerryError } from '../../content/error.ts';
import { mapLimited } from '../../content/limit.ts';
import type { RenderedComponent } from '../ownership/foreign.ts';
import type { ResourceForecast } from './forecast.ts';

export interface ResourcesInput {
  readonly client: Pick<KubeClient, 'get' | 'pages'>;
  readonly signal: AbortSignal;
  /** Definitions that each component has now, by their names. */
  readonly components: readonly { readonly name: string; readonly crds: readonly string[] }[];
  /** What the components come to. */
  readonly rendered: readonly RenderedComponent[];
}

const WIDTH = 4;
const CRD = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' };

/** The custom resources that are kept, and those that are written again. */
export async function forecastResources(input: ResourcesInput): Promise<ResourceForecast[]> {
  const { client, signal, components, rendered } = input;
  const wanted = new Map(
    rendered.flatMap(({ name, crds }) =>
      crds.map((crd) => [crd.metadata.name, { component: name, crd }] as const),
    ),
  );
  const known = components.flatMap(({ name, crds }) => crds.map((crd) => [crd, name] as const));
  const names = new Map([...known, ...[...wanted].map(([crd, { component }]) => [crd, component] as const)]);
  const found = await mapLimited([...names].sort(), WIDTH, async ([name, component]) => {
    const live = await client.get({ ...CRD, metadata: { name } }, { signal });
    if (live === undefined) return undefined;
    const migration = migrationOf(live, wanted.get(name)?.crd);
    const objects = await countObjects(client, live, signal);
    return { crd: name, component, objects, ...(migration === undefined ? {} : { migration }) };
  });
  return found.filter((one) => one !== undefined);
}

/** Objects are written again where the stored version becomes another one, or one that may be stored goes away. */
export function migrationOf(live: KubeObject, wanted: KubeObject | undefined): ResourceForecast['migration'] {
  const to = wanted === undefined ? undefined : storedVersion(wanted);
  if (wanted === undefined || to === undefined) return undefined;
  const stored = textsOf(listAt(live, 'status', 'storedVersions'));
  const versions = new Set(listAt(wanted, 'spec', 'versions').map((version) => textAt(version, 'name')));
  const from = new Set(stored.filter((version) => !versions.has(version)));
  const before = storedVersion(live);
  if (before !== undefined && before !== to) from.add(before);
  return from.size === 0 ? undefined : { from: [...from].sort(), to };
}

function storedVersion(crd: KubeObject): string | undefined {
  const stored = listAt(crd, 'spec', 'versions').find(
    (version) => isJsonObject(version) && version.storage === true,
  );
  return textAt(stored, 'name');
}

async function countObjects(
  client: Pick<KubeClient, 'pages'>,
  crd: KubeObject,
  signal: AbortSignal,
): Promise<number> {
  const version = storedVersion(crd);
  const selection = {
    apiVersion: `${textAt(crd, 'spec', 'group')}/${version}`,
    kind: textAt(crd, 'spec', 'names', 'kind') ?? '',
    metadataOnly: true,
  };
  let count = 0;
  try {
    for await (const page of client.pages(selection, { signal })) count += page.length;
  } catch (error) {
    if (!isSkerryError(error, 'KIND_UNKNOWN')) throw error;
  }
  return count;
}

function textsOf(values: readonly unknown[]): string[] {
  return values.filter((value): value is string => typeof value === 'string');
}
