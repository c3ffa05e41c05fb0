import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { KubeClient } from '../apply/client.ts';
import { applyCrds, chartCrds } from '../apply/crds.ts';
import { findImages } from '../apply/find-images.ts';
import type { Helm } from '../apply/helm.ts';
import { clearPendingRelease } from '../apply/helm-release.ts';
import { imageMapOf } from '../apply/image-map.ts';
import { parseManifests } from '../apply/manifest.ts';
import type { KubeObject } from '../apply/object.ts';
import { type HealthState, waitHealthy } from '../apply/wait-healthy.ts';
import type { LockedRelease } from '../bundle/locked-release.ts';
import { contentError } from '../content/errors.ts';
import { parseManifest } from '../content/manifest.ts';
import { MediaType } from '../content/media-type.ts';
import { readSmallBlob } from '../content/small-blob.ts';
import type { Store } from '../content/store.ts';
import { installerError } from './errors.ts';

export type Component = LockedRelease['components'][number];

export interface ComponentInput {
  readonly client: KubeClient;
  readonly helm: Helm;
  readonly component: Component;
  /** Where the chart comes from. */
  readonly store: Store;
  /** References of manifests, and what nodes are to pull instead. */
  readonly images: ReadonlyMap<string, string>;
  readonly values: Readonly<Record<string, unknown>>;
  /** A folder for the chart and the map. */
  readonly scratch: string;
  /** The command line that rewrites manifests, to which the path of the map is added. */
  readonly rewriter: readonly string[];
  readonly signal: AbortSignal;
  readonly onCrds: (names: readonly string[]) => Promise<void>;
  readonly onProgress: (text: string) => void;
}

/**
 * Installs a component, or goes on where an earlier try broke off: CRDs first, then the chart with every image turned
 * to the private registry, then its health gate. Throws IMAGE_NOT_IN_BUNDLE before anything is applied.
 */
export async function installComponent(input: ComponentInput): Promise<void> {
  const { client, helm, component, values, scratch, signal } = input;
  const { name, namespace } = component;
  const chart = await takeChart(input);
  const given = { name, namespace, chart, values, signal };
  checkImages(parseManifests(await helm.template(given), name), input);

  input.onProgress('CRDs');
  const crds = await chartCrds(helm, given);
  if (crds.length > 0) await input.onCrds(crds.map(({ metadata }) => metadata.name));
  await applyCrds({ client, crds, signal });

  input.onProgress('chart');
  const map = join(scratch, `${name}.images.json`);
  await writeFile(map, JSON.stringify(Object.fromEntries(input.images)));
  await clearPendingRelease(client, component, { signal });
  await helm.upgrade({
    ...given,
    postRenderer: [...input.rewriter, map],
    timeoutMs: component.timeoutSeconds * 1000,
  });

  const objects = (await componentObjects(client, helm, component, signal)) ?? [];
  await waitHealthy({
    client,
    objects,
    timeoutMs: component.timeoutSeconds * 1000,
    signal,
    onProgress: (states) => input.onProgress(describeStates(states)),
  });
}

/** What Helm applied for a component, hooks left out; undefined when it is not installed. */
export async function componentObjects(
  client: Pick<KubeClient, 'resource'>,
  helm: Helm,
  { name, namespace }: Pick<Component, 'name' | 'namespace'>,
  signal?: AbortSignal,
): Promise<KubeObject[] | undefined> {
  const manifest = await helm.manifest({ name, namespace, signal });
  if (manifest === undefined) return undefined;
  return await Promise.all(
    parseManifests(manifest, name).map((object) => placed(client, object, namespace, signal)),
  );
}

// Helm leaves it to the server to put objects without a namespace into that of the release.
async function placed(
  client: Pick<KubeClient, 'resource'>,
  object: KubeObject,
  namespace: string,
  signal: AbortSignal | undefined,
): Promise<KubeObject> {
  const { namespaced } = await client.resource(object.apiVersion, object.kind, { signal });
  return {
    ...object,
    metadata: {
      ...object.metadata,
      namespace: namespaced ? (object.metadata.namespace ?? namespace) : undefined,
    },
  };
}

function describeStates(states: readonly HealthState[]): string {
  const waiting = states.filter(({ status }) => status !== 'Current');
  const [first] = waiting;
  if (first === undefined) return 'healthy';
  return `${states.length - waiting.length} of ${states.length} healthy; ${first.object.kind} ${first.object.metadata.name}: ${first.message}`;
}

async function takeChart({ store, component, scratch, signal }: ComponentInput): Promise<string> {
  const { repository, digest } = component.chart;
  const subject = `${repository}@${digest}`;
  const manifest = await store.readManifest(repository, digest, { signal });
  const layer =
    manifest &&
    parseManifest(manifest, subject).blobs.find(({ mediaType }) => mediaType === MediaType.helmChart);
  if (layer === undefined) throw contentError('CONTENT_NOT_FOUND', { subject, detail: store.name });
  const path = join(scratch, `${component.name}.tgz`);
  await writeFile(path, await readSmallBlob(store, repository, layer, { signal }));
  return path;
}

// The chart could name other images than when the bundle was made: its values may differ, or it asks the cluster.
function checkImages(objects: readonly KubeObject[], { images, component }: ComponentInput): void {
  const map = imageMapOf(Object.fromEntries(images));
  const missing = findImages(objects).find(
    ({ reference, certainty }) => certainty === 'sure' && map(reference) === undefined,
  );
  if (missing === undefined) return;
  throw installerError('IMAGE_NOT_IN_BUNDLE', {
    subject: missing.reference,
    detail: `component ${component.name}: ${missing.object} ${missing.path}`,
  });
}
