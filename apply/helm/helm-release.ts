import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { z } from 'zod';
import { messageOf } from '../../content/error.ts';
import type { CallOptions, KubeClient } from '../client/client.ts';
import { applyError } from '../errors.ts';
import { textAt } from '../json.ts';
import { describeObject, type KubeObject } from '../object.ts';

/** One revision of a release as Helm keeps it. */
export interface ReleaseRecord {
  readonly revision: number;
  /** `deployed`, `superseded`, `failed`, `pending-install`, … */
  readonly status: string;
  /** Helm's own words: `Upgrade complete`, `Upgrade "web" failed: …`. */
  readonly description: string;
  /** What was applied, hooks left out. */
  readonly manifest: string;
  /** The hooks, each as the manifest that it was made from. */
  readonly hooks: readonly string[];
  /** Of the chart that it was made from. */
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

export interface ReleaseId {
  readonly name: string;
  readonly namespace: string;
}

/** Secrets of this type hold a release each (helm.sh/helm/v4/pkg/storage/driver/secrets.go). */
const RECORD_TYPE = 'helm.sh/release.v1';
/** A Secret holds at most 1 MiB, and a record is compressed. */
const MAX_RECORD = 256 * 1024 * 1024;

const recordSchema = z.looseObject({
  version: z.number(),
  info: z.looseObject({ status: z.string(), description: z.string().default('') }),
  manifest: z.string().default(''),
  hooks: z
    .array(z.looseObject({ manifest: z.string().default('') }))
    .nullish()
    .transform((hooks) => hooks ?? []),
  chart: z
    .looseObject({
      metadata: z.looseObject({ annotations: z.record(z.string(), z.string()).nullish() }).nullish(),
    })
    .nullish(),
});

/** All revisions that Helm remembers, oldest first; empty when there is no such release. Throws HELM_RECORD_INVALID. */
export async function readRecords(
  client: Pick<KubeClient, 'list'>,
  release: ReleaseId,
  options: CallOptions = {},
): Promise<ReleaseRecord[]> {
  const secrets = await listRecords(client, release, '', options);
  const records = await Promise.all(secrets.map(async (secret) => narrow(await decode(secret), secret)));
  return records.toSorted((a, b) => a.revision - b.revision);
}

/** The latest revision; undefined when there is no such release. Throws HELM_RECORD_INVALID. */
export async function readLatestRecord(
  client: Pick<KubeClient, 'list'>,
  release: ReleaseId,
  options: CallOptions = {},
): Promise<ReleaseRecord | undefined> {
  const secrets = await listRecords(client, release, '', options);
  const latest = secrets.toSorted((a, b) => revisionOf(a) - revisionOf(b)).at(-1);
  return latest === undefined ? undefined : narrow(await decode(latest), latest);
}

/**
 * Whether a release has ever been whole. Helm turns the current revision into `superseded` when a rollback from it
 * fails, also when it had failed itself: only the description still says so.
 */
export function wasDeployed(records: readonly ReleaseRecord[]): boolean {
  return records.some(
    ({ status, description }) =>
      status === 'deployed' || (status === 'superseded' && !/ failed: /.test(description)),
  );
}

const CUT_OFF = new Set(['pending-install', 'pending-upgrade', 'pending-rollback', 'uninstalling']);

/**
 * Helm refuses to touch a release on which an operation seems to be under way, also when the helm that did it was
 * killed. Only for callers that hold a lock on the installation: marks the unfinished revision as failed, which is what
 * a helm does that is stopped in time. Its record stays, since what it applied is there. Returns what was marked.
 */
export async function failUnfinishedRelease(
  client: Pick<KubeClient, 'list' | 'replace'>,
  release: ReleaseId,
  options: CallOptions = {},
): Promise<string[]> {
  const unfinished = await listRecords(client, release, `,status in (${[...CUT_OFF].join(',')})`, options);
  for (const secret of unfinished) await client.replace(await asFailed(secret, release.name), options);
  return unfinished.map(describeObject);
}

async function asFailed(secret: KubeObject, name: string): Promise<KubeObject> {
  const content = z.looseObject({ info: z.looseObject({}) }).parse(await decode(secret));
  const info = {
    ...content.info,
    status: 'failed',
    description: `Release "${name}" failed: it was cut off`,
  };
  const { metadata, data: _, ...rest } = secret;
  return {
    ...rest,
    metadata: { ...metadata, labels: { ...metadata.labels, status: 'failed' }, managedFields: undefined },
    data: { release: await encode({ ...content, info }) },
  };
}

async function listRecords(
  client: Pick<KubeClient, 'list'>,
  { name, namespace }: ReleaseId,
  selector: string,
  options: CallOptions,
): Promise<KubeObject[]> {
  const labelSelector = `owner=helm,name=${name}${selector}`;
  const { items } = await client.list(
    { apiVersion: 'v1', kind: 'Secret', namespace, labelSelector },
    options,
  );
  return items.filter(({ type }) => type === RECORD_TYPE);
}

function narrow(content: unknown, secret: KubeObject): ReleaseRecord {
  const record = recordSchema.safeParse(content);
  if (!record.success) throw unreadable(secret, z.prettifyError(record.error));
  const { version, info, manifest, hooks, chart } = record.data;
  const annotations = chart?.metadata?.annotations ?? undefined;
  return {
    revision: version,
    status: info.status,
    description: info.description,
    manifest,
    hooks: hooks.map((hook) => hook.manifest),
    ...(annotations === undefined ? {} : { annotations }),
  };
}

// Base64 by Helm of gzip of JSON, and base64 of that as in every Secret.
async function decode(secret: KubeObject): Promise<unknown> {
  try {
    const stored = Buffer.from(textAt(secret, 'data', 'release') ?? '', 'base64').toString('latin1');
    const packed = Buffer.from(stored, 'base64');
    const json = await promisify(gunzip)(packed, { maxOutputLength: MAX_RECORD });
    return JSON.parse(json.toString('utf8'));
  } catch (cause) {
    throw unreadable(secret, messageOf(cause));
  }
}

async function encode(content: unknown): Promise<string> {
  const packed = await promisify(gzip)(JSON.stringify(content), { level: 9 });
  return Buffer.from(packed.toString('base64'), 'latin1').toString('base64');
}

function revisionOf({ metadata }: KubeObject): number {
  return Number(metadata.labels?.version ?? 0);
}

function unreadable(secret: KubeObject, detail: string) {
  return applyError('HELM_RECORD_INVALID', { subject: describeObject(secret), detail });
}
