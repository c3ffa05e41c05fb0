import { gzipSync } from 'node:zlib';
import type { KubeClient } from '../../apply/client/client.ts';
import type { Helm, HelmRelease, HelmRendering, ReleaseName } from '../../apply/helm/helm.ts';
import type { KubeObject } from '../../apply/object.ts';

/** What a chart renders to, by the name of its release. */
export type ScriptedCharts = Readonly<Record<string, readonly KubeObject[]>>;

/**
 * Helm as far as an installer sees it, over a scripted API server, which the real program can't be used with: what a
 * chart renders to is given, its objects are applied with Helm's marks, and releases are kept as Secrets.
 */
export class ScriptedHelm implements Helm {
  readonly #client: KubeClient;
  readonly #charts: ScriptedCharts;
  /** What was applied, by release. */
  readonly #applied = new Map<string, readonly KubeObject[]>();
  /** Thrown by the next upgrade of a release of that name. */
  readonly failures = new Map<string, Error>();

  constructor(client: KubeClient, charts: ScriptedCharts) {
    this.#client = client;
    this.#charts = charts;
  }

  async version(): Promise<string> {
    return 'v4.0.0';
  }

  async template({ name }: ReleaseName): Promise<string> {
    return this.#charts[name]?.map((object) => JSON.stringify(object)).join('\n---\n') ?? '';
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
    const objects = (this.#charts[name] ?? []).filter(({ kind }) => kind !== 'CustomResourceDefinition');
    const placed = await Promise.all(objects.map((object) => this.#placed(object, release)));
    await this.#client.apply(recordOf(release, placed), {});
    this.#applied.set(keyOf(release), placed);
    for (const object of placed) await this.#client.apply(withMarks(object, release), {});
    return { name, namespace, revision: 1, status: 'deployed' };
  }

  async install(release: ReleaseName): Promise<HelmRelease> {
    return await this.upgrade(release);
  }

  async renderUpgrade(release: ReleaseName): Promise<HelmRendering> {
    return { manifest: await this.template(release), hooks: [] };
  }

  async rollback(): Promise<void> {
    throw new Error('not scripted');
  }

  async status(release: ReleaseName): Promise<HelmRelease | undefined> {
    const { name, namespace } = release;
    return this.#applied.has(keyOf(release))
      ? { name, namespace, revision: 1, status: 'deployed' }
      : undefined;
  }

  async manifest(release: ReleaseName): Promise<string | undefined> {
    return this.#applied
      .get(keyOf(release))
      ?.map((object) => JSON.stringify(object))
      .join('\n---\n');
  }

  async values(): Promise<undefined> {
    return undefined;
  }

  async list(): Promise<HelmRelease[]> {
    return [];
  }

  async uninstall(release: ReleaseName): Promise<boolean> {
    const objects = this.#applied.get(keyOf(release));
    if (objects === undefined) return false;
    for (const object of objects) await this.#client.delete(object);
    await this.#client.delete(recordOf(release));
    return this.#applied.delete(keyOf(release));
  }

  async #placed(object: KubeObject, { namespace }: ReleaseName): Promise<KubeObject> {
    const { namespaced } = await this.#client.resource(object.apiVersion, object.kind);
    return namespaced ? { ...object, metadata: { namespace, ...object.metadata } } : object;
  }
}

function keyOf({ name, namespace }: ReleaseName): string {
  return `${namespace}/${name}`;
}

/** A release as Helm keeps it. */
export function recordOf({ name, namespace }: ReleaseName, applied: readonly KubeObject[] = []): KubeObject {
  const manifest = applied.map((object) => JSON.stringify(object)).join('\n---\n');
  const info = { status: 'deployed', description: 'Install complete' };
  const record = gzipSync(JSON.stringify({ name, version: 1, info, manifest, hooks: [] })).toString('base64');
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: `sh.helm.release.v1.${name}.v1`,
      namespace,
      labels: { owner: 'helm', name, status: 'deployed' },
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
