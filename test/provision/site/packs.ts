import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';
import { z } from 'zod';
import type { Cluster } from '../../cluster/cluster.ts';
import { command } from '../../cluster/processes/command.ts';
import { until } from '../../fleet/until.ts';

const Item = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), namespace: z.string().optional() }),
});
type Item = z.infer<typeof Item>;

export interface Release {
  /** The folder of its chart. */
  readonly chart: string;
  readonly name: string;
  readonly namespace: string;
  readonly values: object;
}

/** Applies packs to a cluster as an agent does: rendered by Helm, applied on the server. */
export class Packs {
  readonly #cluster: Cluster;
  readonly #helm: string;

  constructor(cluster: Cluster, helm: string) {
    this.#cluster = cluster;
    this.#helm = helm;
  }

  /** Definitions first; what `leaves` names stays out. */
  async apply(release: Release, leaves: (item: Item) => boolean = () => false): Promise<void> {
    const { api } = this.#cluster;
    await api.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: release.namespace } });
    const items = (await this.#render(release)).filter((item) => !leaves(item));
    const isDefinition = ({ kind }: Item) => kind === 'CustomResourceDefinition';
    for (const item of items.filter(isDefinition)) await api.apply(item);
    for (const item of items.filter(isDefinition)) await this.#established(item.metadata.name);
    for (const item of items.filter((one) => !isDefinition(one))) await api.apply(item);
  }

  async #render({ chart, name, namespace, values }: Release): Promise<Item[]> {
    const file = join(this.#cluster.folder, `values-${name}.yaml`);
    await writeFile(file, stringify(values), { mode: 0o600 });
    const args = ['template', name, chart, '--namespace', namespace, '--include-crds', '--values', file];
    const text = await command(this.#helm, args);
    const found = parseAllDocuments(text).map((document): unknown => document.toJS());
    return found.filter((one) => one !== null).map((one) => Item.parse(one));
  }

  async #established(name: string): Promise<void> {
    const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${name}`;
    const look = async () => Definition.parse(await this.#cluster.api.get(path)).status?.conditions ?? [];
    const holds = (conditions: z.infer<typeof Conditions>) =>
      conditions.some(({ type, status }) => type === 'Established' && status === 'True');
    await until(`${name} is established`, look, { holds });
  }
}

const Conditions = z.array(z.looseObject({ type: z.string(), status: z.string() }));
const Definition = z.looseObject({
  status: z.looseObject({ conditions: Conditions.optional() }).optional(),
});
