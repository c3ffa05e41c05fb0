import type { KubeClient } from '../../apply/client/client.ts';
import { applyCrds } from '../../apply/inventory/crds.ts';
import { parseManifests } from '../../apply/manifest.ts';
import { describeObject, type KubeObject } from '../../apply/object.ts';
import { isSkerryError, messageOf } from '../../content/error.ts';
import { mapLimited } from '../../content/limit.ts';
import type { Rendering } from './check-charts.ts';
import type { Finding } from './finding.ts';

export interface ServerCheck {
  /** Of an API server that nobody needs: namespaces, CRDs and what pods refer to are really made there. */
  readonly client: KubeClient;
  readonly signal?: AbortSignal | undefined;
}

const WIDTH = 8;

/**
 * Applies every object of the renderings on a throwaway API server, CRDs first, the rest as a dry run: what it refuses,
 * the island's would refuse too. Throws CLUSTER_UNREACHABLE, CLUSTER_UNAUTHORIZED, CLUSTER_FORBIDDEN.
 */
export async function serverFindings(
  renderings: readonly Rendering[],
  { client, signal }: ServerCheck,
): Promise<Finding[]> {
  const { gitVersion } = await client.version({ signal });
  const tried = fitting(renderings, gitVersion).flatMap(({ use: { where, namespace }, text }) =>
    parseManifests(text, where)
      .filter((object) => !isTest(object))
      .map((object) => ({ where, namespace, object: named(object) })),
  );
  const of = (kinds: ReadonlySet<string>) => tried.filter(({ object }) => kinds.has(object.kind));
  const findings: Finding[] = [];
  for (const { where, object } of of(new Set(['CustomResourceDefinition'])))
    findings.push(...(await attempt(where, object, () => applyCrds({ client, crds: [object], signal }))));
  const namespaces = new Set(
    tried.flatMap(({ namespace, object }) => [namespace, object.metadata.namespace ?? '']),
  );
  for (const name of [...namespaces].filter(Boolean))
    await client.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }, { force: true, signal });
  const apply = async ({ where, namespace, object }: (typeof tried)[number]) =>
    await attempt(where, object, async () => {
      const { namespaced } = await client.resource(object.apiVersion, object.kind, { signal });
      const metadata = {
        ...object.metadata,
        namespace: namespaced ? (object.metadata.namespace ?? namespace) : undefined,
      };
      await client.apply({ ...object, metadata }, { force: true, dryRun: !NEEDED.has(object.kind), signal });
    });
  findings.push(...(await mapLimited(of(NEEDED), WIDTH, apply)).flat());
  const rest = tried.filter(({ object: { kind } }) => !NEEDED.has(kind) && !MADE_BEFORE.has(kind));
  return [...findings, ...(await mapLimited(rest, WIDTH, apply)).flat()];
}

/** Pods are refused while these are not there. */
const NEEDED: ReadonlySet<string> = new Set(['ServiceAccount', 'PriorityClass', 'RuntimeClass']);
const MADE_BEFORE: ReadonlySet<string> = new Set(['Namespace', 'CustomResourceDefinition']);
const REFUSALS: ReadonlySet<string> = new Set([
  'OBJECT_INVALID',
  'OBJECT_REFUSED',
  'NAMESPACE_NOT_FOUND',
  'CLUSTER_ERROR',
  'KIND_UNKNOWN',
  'CRD_NOT_ESTABLISHED',
]);

async function attempt(where: string, object: KubeObject, work: () => Promise<unknown>): Promise<Finding[]> {
  try {
    await work();
    return [];
  } catch (error) {
    if (!isSkerryError(error) || !REFUSALS.has(error.code)) throw error;
    return [
      {
        code: 'SERVER_REFUSES_OBJECT',
        // An operator may bring the kind, once it runs.
        severity: error.code === 'KIND_UNKNOWN' ? 'warning' : 'error',
        place: `${where}: ${describeObject(object)}`,
        detail: error.detail ?? messageOf(error),
      },
    ];
  }
}

/** What each chart comes to for the server's own version, or for the newest where none is for that. */
function fitting(renderings: readonly Rendering[], gitVersion: string): Rendering[] {
  const minor = /^v?1\.(\d+)/.exec(gitVersion)?.[1];
  const byUse = Map.groupBy(renderings, ({ use }) => use.where);
  return [...byUse.values()].flatMap((all) => {
    const fit = all.find(
      ({ versions }) =>
        versions.length === 0 || versions.some((version) => version.startsWith(`1.${minor}.`)),
    );
    return fit ?? all.at(-1) ?? [];
  });
}

// Helm never makes what only `helm test` runs.
function isTest({ metadata }: KubeObject): boolean {
  return (
    metadata.annotations?.['helm.sh/hook']?.split(',').every((hook) => hook.trim().startsWith('test')) ??
    false
  );
}

function named(object: KubeObject): KubeObject {
  const { name } = object.metadata;
  return name.endsWith('-') ? { ...object, metadata: { ...object.metadata, name: `${name}x` } } : object;
}
