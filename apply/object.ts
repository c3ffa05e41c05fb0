import { z } from 'zod';
import { isJsonObject } from './json.ts';

/** Any Kubernetes object. Only what every object has is narrowed; the rest is read where it is needed. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly [field: string]: unknown;
}

export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string | undefined;
  readonly uid?: string | undefined;
  readonly resourceVersion?: string | undefined;
  readonly generation?: number | undefined;
  readonly creationTimestamp?: string | undefined;
  readonly deletionTimestamp?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  readonly ownerReferences?: readonly OwnerReference[] | undefined;
  readonly [field: string]: unknown;
}

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
}

/** What names an object in a cluster. The group stands without its version: an object has one identity in all versions. */
export interface ObjectId {
  /** Empty for the core group. */
  readonly group: string;
  readonly kind: string;
  /** Absent for cluster-wide objects. */
  readonly namespace?: string | undefined;
  readonly name: string;
}

// Rendered manifests hold nulls where a template left a value out; for the API server a null is an absent field.
const texts = z.record(
  z.string(),
  z
    .string()
    .nullable()
    .transform((value) => value ?? ''),
);

const metaSchema = z.preprocess(
  withoutNulls,
  z.looseObject({
    name: z.string().min(1),
    namespace: z.string().optional(),
    uid: z.string().optional(),
    resourceVersion: z.string().optional(),
    generation: z.number().optional(),
    creationTimestamp: z.string().optional(),
    deletionTimestamp: z.string().optional(),
    labels: texts.optional(),
    annotations: texts.optional(),
    ownerReferences: z
      .array(z.looseObject({ apiVersion: z.string(), kind: z.string(), name: z.string(), uid: z.string() }))
      .optional(),
  }),
);

const objectSchema = z.looseObject({
  apiVersion: z.string().min(1),
  kind: z.string().min(1),
  metadata: metaSchema,
});

/** Narrows what came from outside to an object; the message says what is wrong with it. */
export function narrowObject(value: unknown): { object: KubeObject } | { problem: string } {
  const result = objectSchema.safeParse(value);
  if (result.success) return { object: result.data };
  const issue = result.error.issues[0];
  return { problem: issue === undefined ? 'not an object' : `${issue.path.join('.')}: ${issue.message}` };
}

/** `apps` of `apps/v1`; empty for `v1`. */
export function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/');
  return slash === -1 ? '' : apiVersion.slice(0, slash);
}

export function idOf({ apiVersion, kind, metadata }: KubeObject): ObjectId {
  return { group: groupOf(apiVersion), kind, namespace: metadata.namespace, name: metadata.name };
}

/** `Deployment.apps default/web`, `Namespace web`: for people, and the same text for the same object always. */
export function formatId({ group, kind, namespace, name }: ObjectId): string {
  const type = group === '' ? kind : `${kind}.${group}`;
  return `${type} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
}

/** Reads what formatId wrote; undefined where the text is none. */
export function parseId(line: string): ObjectId | undefined {
  const match = /^([A-Za-z0-9]+)(?:\.([a-z0-9.-]+))? (?:([a-z0-9-]+)\/)?([^\s/]+)$/.exec(line);
  if (match === null) return undefined;
  const [, kind = '', group = '', namespace, name = ''] = match;
  return { group, kind, namespace, name };
}

export function describeObject(object: KubeObject): string {
  return formatId(idOf(object));
}

function withoutNulls(value: unknown): unknown {
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== null));
}
