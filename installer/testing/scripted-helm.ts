import { gzipSync } from 'node:zlib';
import type { KubeClient } from '../../apply/client/client.ts';
import type { Helm, HelmRelease, HelmRendering, ReleaseName } from '../../apply/helm/helm.ts';
import { describeObject, type KubeObject } from '../../apply/object.ts';

/** What a chart renders to, by the name of its release. */
export type ScriptedCharts = Readonly<Record<string, readonly KubeObject[]>>;

/**
 * Helm as far as an installer sees it, over a scripted API server, which the real program can't be used with: what a
 * chart renders to is given, its objects are applied with Helm's marks, and releases are kept as Secrets.
 */
export class ScriptedHelm implements Helm {
  readonly #client: KubeClient;
  /** What charts render to from now on. */
  charts: ScriptedCharts;
  /** What each revision has applied, by release, oldest first. */
  readonly #applied = new Map<string, readonly (readonly KubeObject[])[]>();
  /** Thrown by the next upgrade of a release of that name, and by uninstalling it with its hooks. */
  readonly failures = new Map<string, Error>();

  constructor(client: KubeClient, charts: ScriptedCharts) {
    this.#client = client;
    this.charts = charts;
  }

  async version(): Promise<string> {
    return 'v4.0.0';
  }

  async template({ name }: ReleaseName): Promise<string> {
    return this.charts[name]?.map((object) => JSON.stringify(object)).join('\n---\n') ?? '';
  }

  async packageAll(): Promise<undefined> {
    throw new Error('not scripted');
  }

  async package(): Promise<string> {
    throw new Error('not scripted');
  }

  async upgrade(release: ReleaseName): Promise<HelmRelease> {
    const { name, namespace } = release;
    const failure = this.failures.get(name);
    this.failures.delete(name);
    if (failure !== undefined) throw failure;
    const objects = (this.charts[name] ?? []).filter(({ kind }) => kind !== 'CustomResourceDefinition');
    const placed = await Promise.all(objects.map((object) => this.#placed(object, release)));
    const revision = await this.#apply(release, placed);
    return { name, namespace, revision, status: 'deployed' };
  }

  async install(release: ReleaseName): Promise<HelmRelease> {
    return await this.upgrade(release);
  }

  async renderUpgrade(release: ReleaseName): Promise<HelmRendering> {
    return { manifest: await this.template(release), hooks: [] };
  }

  async rollback(release: ReleaseName & { readonly revision: number }): Promise<void> {
    const wanted = this.#applied.get(keyOf(release))?.[release.revision - 1];
    if (wanted === undefined) throw new Error(`no revision ${release.revision}`);
    await this.#apply(release, wanted);
  }

  async status(release: ReleaseName): Promise<HelmRelease | undefined> {
    const { name, namespace } = release;
    const revision = this.#applied.get(keyOf(release))?.length;
    return revision === undefined ? undefined : { name, namespace, revision, status: 'deployed' };
  }

  async manifest(release: ReleaseName): Promise<string | undefined> {
    return this.#applied
      .get(keyOf(release))
      ?.at(-1)
      ?.map((object) => JSON.stringify(object))
      .join('\n---\n');
  }

  async values(): Promise<undefined> {
    return undefined;
  }

  async list(): Promise<HelmRelease[]> {
    return [];
  }

  async uninstall(release: ReleaseName & { readonly hooks?: boolean | undefined }): Promise<boolean> {
    const failure = this.failures.get(release.name);
    if (failure !== undefined && release.hooks !== false) throw failure;
    const revisions = this.#applied.get(keyOf(release));
    if (revisions === undefined) return false;
    for (const object of revisions.at(-1) ?? []) await this.#client.delete(object);
    for (const index of revisions.keys())
      await this.#client.delete(recordOf(release, [], { revision: index + 1 }));
    return this.#applied.delete(keyOf(release));
  }

  /** As Helm does: what the revision before has and this one has not goes. Gives the number of the revision. */
  async #apply(release: ReleaseName, objects: readonly KubeObject[]): Promise<number> {
    const before = this.#applied.get(keyOf(release)) ?? [];
    const revision = before.length + 1;
    const last = before.at(-1) ?? [];
    if (before.length > 0)
      await this.#client.apply(recordOf(release, last, { revision: revision - 1, status: 'superseded' }), {});
    await this.#client.apply(recordOf(release, objects, { revision }), {});
    this.#applied.set(keyOf(release), [...before, objects]);
    const staying = new Set(objects.map(describeObject));
    for (const object of last) if (!staying.has(describeObject(object))) await this.#client.delete(object);
    for (const object of objects) await this.#client.apply(withMarks(object, release), {});
    return revision;
  }

  async #placed(object: KubeObject, { namespace }: ReleaseName): Promise<KubeObject> {
    const { namespaced } = await this.#client.resource(object.apiVersion, object.kind);
    return namespaced ? { ...object, metadata: { namespace, ...object.metadata } } : object;
  }
}

function keyOf({ name, namespace }: ReleaseName): string {
  return `${namespace}/${name}`;
}

/** A revision of a release as Helm keeps it. */
export function recordOf(
  { name, namespace }: ReleaseName,
  applied: readonly KubeObject[] = [],
  { revision = 1, status = 'deployed' }: { revision?: number; status?: string } = {},
): KubeObject {
  const manifest = applied.map((object) => JSON.stringify(object)).join('\n---\n');
  const info = { status, description: 'Install complete' };
  const content = { name, version: revision, info, manifest, hooks: [] };
  const record = gzipSync(JSON.stringify(content)).toString('base64');
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: `sh.helm.release.v1.${name}.v${revision}`,
      namespace,
      labels: { owner: 'helm', name, status, version: String(revision) },
    },
    type: 'helm.sh/release.v1',
    // Helm writes base64 into what a Secret encodes once more.
    data: { release: Buffer.from(record).toString('base64') },
  };
}

function withMarks(object: KubeObject, { name, namespace }: ReleaseName): KubeObject {
  const { labels, annotations } = object.metadata;
  return {
    ...object,
    metadata: {
      ...object.metadata,
      labels: { ...labels, 'app.kubernetes.io/managed-by': 'Helm' },
      annotations: {
        ...annotations,
        'meta.helm.sh/release-name': name,
        'meta.helm.sh/release-namespace': namespace,
      },
    },
  };
}
