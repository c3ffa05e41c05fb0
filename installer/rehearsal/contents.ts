import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { KubeClient } from '../../apply/client/client.ts';
import { at, isJsonObject, jsonText, listAt } from '../../apply/json.ts';
import { describeObject, type KubeObject } from '../../apply/object.ts';
import { isSkerryError } from '../../content/error.ts';
import { mapLimited } from '../../content/limit.ts';
import { INSTALLATION, MARK } from '../names.ts';
import type { Installation } from '../record/installation.ts';

/** What an installation has in the cluster, by `Kind namespace/name`, without what passes. */
export type Contents = ReadonlyMap<string, Kept>;

interface Kept {
  readonly value: unknown;
  /** The installer keeps it for itself, such as the key of a checkpoint. */
  readonly isInstallers: boolean;
}

/** A difference between two readings. */
export interface ContentDifference {
  readonly object: string;
  readonly what: 'missing' | 'added' | 'changed';
  /** The first field that differs. */
  readonly field?: string | undefined;
}

/** Kinds that come and go, or that others make of what is compared. */
const PASSING = new Set([
  'Pod',
  'Event',
  'ReplicaSet',
  'ControllerRevision',
  'Endpoints',
  'EndpointSlice',
  'Lease',
  'Job',
  'PodMetrics',
  'NodeMetrics',
]);
/** Helm's own records: each revision is a new one. */
const HELM_RECORD = /^sh\.helm\.release\.v1\./;
/** What the hub writes down of what it does. */
const AUDIT = /^skerry-audit-/;
const CERTIFICATE = /\.(?:crt|key|pem)$/;
const WIDTH = 4;

/**
 * Reads all that belongs to an installation: everything in its namespaces, every object of its custom resources, and what
 * Helm or the installer made for it cluster-wide. Values of Secrets are hashed as they are read.
 */
export async function readContents(
  client: KubeClient,
  installation: Installation,
  signal: AbortSignal,
): Promise<Contents> {
  const crds = new Set(installation.components.flatMap((component) => component.crds));
  const namespaces = new Set([
    ...installation.components.map(({ namespace }) => namespace),
    ...installation.namespaces,
  ]);
  const { kinds } = await client.kinds({ signal });
  const listed = kinds.filter(({ kind, verbs }) => verbs.includes('list') && !PASSING.has(kind));
  const lists = await mapLimited(listed, WIDTH, async ({ apiVersion, kind, plural }) => {
    const group = apiVersion.includes('/') ? apiVersion.split('/')[0] : '';
    const isOwnKind = crds.has(`${plural}.${group}`);
    const { items } = await listOrNone(client, { apiVersion, kind }, signal);
    return items.filter((object) => isOwnKind || isOf(object, { namespaces, crds }));
  });
  const kept = lists.flat().filter(({ metadata }) => !isRecord(metadata.name));
  return new Map(
    kept.map((object) => [
      describeObject(object),
      { value: lasting(object), isInstallers: object.metadata.labels?.[MARK] !== undefined },
    ]),
  );
}

/** How a later reading differs. What the installer keeps for itself may have come meanwhile. */
export function compareContents(before: Contents, after: Contents): ContentDifference[] {
  const differences: ContentDifference[] = [];
  for (const [object, { value }] of before) {
    const now = after.get(object);
    if (now === undefined) differences.push({ object, what: 'missing' });
    else if (!isDeepStrictEqual(value, now.value))
      differences.push({ object, what: 'changed', field: firstDifference(value, now.value) });
  }
  for (const [object, { isInstallers }] of after)
    if (!before.has(object) && !isInstallers) differences.push({ object, what: 'added' });
  return differences;
}

/** `changed ConfigMap a/b .data.x`, for people. */
export function describeDifference({ object, what, field }: ContentDifference): string {
  return `${what} ${object}${field === undefined ? '' : ` ${field}`}`;
}

function isOf(
  { kind, metadata }: KubeObject,
  { namespaces, crds }: { namespaces: ReadonlySet<string>; crds: ReadonlySet<string> },
): boolean {
  if (metadata.namespace !== undefined) return namespaces.has(metadata.namespace);
  if (kind === 'CustomResourceDefinition') return crds.has(metadata.name);
  const release = metadata.annotations?.['meta.helm.sh/release-namespace'];
  return metadata.labels?.[MARK] !== undefined || (release !== undefined && namespaces.has(release));
}

function isRecord(name: string): boolean {
  return name === INSTALLATION || HELM_RECORD.test(name) || AUDIT.test(name);
}

async function listOrNone(
  client: KubeClient,
  selection: { apiVersion: string; kind: string },
  signal: AbortSignal,
) {
  try {
    return await client.list(selection, { signal });
  } catch (error) {
    // A kind may go while it is asked for, and some say that they can be listed and can't.
    if (isSkerryError(error, 'KIND_UNKNOWN') || isSkerryError(error, 'CLUSTER_ERROR')) return { items: [] };
    throw error;
  }
}

const PASSING_ANNOTATIONS = [
  'deployment.kubernetes.io/revision',
  'kubectl.kubernetes.io/last-applied-configuration',
  'endpoints.kubernetes.io/last-change-trigger-time',
  'volume.kubernetes.io/selected-node',
];

/** An object without its status and without what the server counts, makes or finds by itself. */
function lasting(object: KubeObject): unknown {
  const { name, namespace, labels, annotations = {} } = object.metadata;
  const lastingNotes = Object.entries(annotations).filter(([key]) => !PASSING_ANNOTATIONS.includes(key));
  const { metadata: _, status, data, stringData: __, ...rest } = object;
  const own = {
    ...rest,
    metadata: { name, namespace, labels: labels ?? {}, annotations: Object.fromEntries(lastingNotes) },
    ...(data === undefined ? {} : { data: object.kind === 'Secret' ? hashed(data) : data }),
    // In which versions objects are stored is what a migration has to take back.
    ...(object.kind === 'CustomResourceDefinition'
      ? { storedVersions: listAt(status, 'storedVersions') }
      : {}),
  };
  if (object.kind === 'Service' && isJsonObject(object.spec)) {
    const { clusterIP: ___, clusterIPs: ____, ...spec } = object.spec;
    return plain({ ...own, spec });
  }
  return plain(own);
}

function hashed(data: unknown): unknown {
  if (!isJsonObject(data)) return undefined;
  const hash = (value: unknown) => createHash('sha256').update(String(value)).digest('hex').slice(0, 16);
  // Certificates are renewed whenever their time has come.
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, CERTIFICATE.test(key) ? 'present' : hash(value)]),
  );
}

/** Without prototypes and undefined fields, so that equal is equal. */
function plain(value: unknown): unknown {
  return JSON.parse(jsonText(value));
}

function firstDifference(before: unknown, after: unknown, path = ''): string {
  if (!isJsonObject(before) || !isJsonObject(after)) return path;
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)]))
    if (!isDeepStrictEqual(at(before, key), at(after, key)))
      return firstDifference(before[key], after[key], `${path}.${key}`);
  return path;
}
