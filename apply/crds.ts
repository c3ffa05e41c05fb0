import type { KubeClient } from './client.ts';
import { type Clock, systemClock } from './clock.ts';
import { applyError } from './errors.ts';
import type { ChartInput, Helm, TemplateOptions } from './helm.ts';
import { at, listAt, textAt } from './json.ts';
import { parseManifests } from './manifest.ts';
import { describeObject, groupOf, type KubeObject } from './object.ts';
import { statusOf } from './status.ts';

export interface CrdInput {
  readonly client: KubeClient;
  readonly crds: readonly KubeObject[];
  readonly dryRun?: boolean | undefined;
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly clock?: Clock | undefined;
}

const DEFAULT_TIMEOUT_MS = 60_000;
const POLL_MS = 250;

/**
 * Applies CRDs, new or changed, and waits until their kinds are served. Fields of other managers are taken over:
 * a CRD that helm brought once and never upgrades again must not stay behind. Throws CRD_NOT_ESTABLISHED.
 */
export async function applyCrds(input: CrdInput): Promise<void> {
  const { client, crds, dryRun, signal } = input;
  for (const crd of crds) await client.apply(crd, { force: true, dryRun, signal });
  if (dryRun !== true) await waitEstablished(input);
}

/**
 * The CRDs of a chart: those of its crds/ folders, which helm installs once and never upgrades, and those among its
 * templates. The latter bear helm's marks of ownership, so that helm takes them for its own afterwards.
 */
export async function chartCrds(helm: Helm, chart: ChartInput & TemplateOptions): Promise<KubeObject[]> {
  const rendered = crdsIn(await helm.template({ ...chart, includeCrds: false }), chart);
  const all = crdsIn(await helm.template({ ...chart, includeCrds: true }), chart);
  const ownedByHelm = new Set(rendered.map(({ metadata }) => metadata.name));
  return all.map((crd) => (ownedByHelm.has(crd.metadata.name) ? asOwnedByHelm(crd, chart) : crd));
}

/** Waits until the API server serves the kinds of CRDs. */
export async function waitEstablished(input: Omit<CrdInput, 'dryRun'>): Promise<void> {
  const { client, crds, timeoutMs = DEFAULT_TIMEOUT_MS, signal, clock = systemClock } = input;
  const deadline = clock.now() + timeoutMs;
  for (const crd of crds) {
    for (;;) {
      const { status, message } = statusOf(await client.get(crd, { signal }));
      if (status === 'Current' && (await isServed(client, crd, signal))) break;
      if (status === 'Failed' || clock.now() >= deadline) {
        throw applyError('CRD_NOT_ESTABLISHED', { subject: describeObject(crd), detail: message });
      }
      await clock.sleep(POLL_MS, signal);
    }
  }
}

// Discovery follows the condition a moment later, and whoever asks for the kind in between would be told that it is unknown.
async function isServed(
  client: KubeClient,
  crd: KubeObject,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const [group, kind] = [textAt(crd, 'spec', 'group'), textAt(crd, 'spec', 'names', 'kind')];
  const version = listAt(crd, 'spec', 'versions').find((candidate) => at(candidate, 'served') === true);
  if (group === undefined || kind === undefined || version === undefined) return true;
  return client.isServed(`${group}/${textAt(version, 'name')}`, kind, { signal });
}

function crdsIn(manifests: string, { name, chart }: ChartInput): KubeObject[] {
  return parseManifests(manifests, `${name} from ${chart}`).filter(
    ({ kind, apiVersion }) =>
      kind === 'CustomResourceDefinition' && groupOf(apiVersion) === 'apiextensions.k8s.io',
  );
}

function asOwnedByHelm(crd: KubeObject, { name, namespace }: ChartInput): KubeObject {
  const { labels, annotations } = crd.metadata;
  return {
    ...crd,
    metadata: {
      ...crd.metadata,
      labels: { ...labels, 'app.kubernetes.io/managed-by': 'Helm' },
      annotations: {
        ...annotations,
        'meta.helm.sh/release-name': name,
        'meta.helm.sh/release-namespace': namespace,
      },
    },
  };
}
