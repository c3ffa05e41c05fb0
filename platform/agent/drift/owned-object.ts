import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { jsonText } from '../../../apply/json.ts';
import { isAppliedBy, managedFields } from '../../../apply/managed-fields.ts';
import { describeObject, type KubeObject, narrowObject } from '../../../apply/object.ts';

/** An object as it was applied, packed: an agent keeps hundreds of them for months and looks at few. */
export interface OwnedObject {
  /** `Deployment.apps default/web` */
  readonly id: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  /** Tells whether it is the same as another. */
  readonly digest: string;
  readonly unpack: () => KubeObject;
}

export function ownedObject(applied: KubeObject): OwnedObject {
  const object = withPlainData(applied);
  const text = jsonText(object);
  const { name, namespace, labels = {} } = object.metadata;
  return {
    id: describeObject(object),
    apiVersion: object.apiVersion,
    kind: object.kind,
    name,
    namespace,
    labels: { 'app.kubernetes.io/managed-by': labels['app.kubernetes.io/managed-by'] ?? '' },
    digest: hashOf(text),
    // What is read again would lose the digits of 64-bit integers.
    unpack: /\d{16}/.test(text) ? () => object : unpackerOf(object, text),
  };
}

function unpackerOf({ apiVersion, kind, metadata: { name, namespace } }: KubeObject, text: string) {
  const packed = gzipSync(text);
  return (): KubeObject => {
    const narrowed = narrowObject(JSON.parse(gunzipSync(packed).toString()));
    return 'object' in narrowed ? narrowed.object : { apiVersion, kind, metadata: { name, namespace } };
  };
}

// The API server keeps `stringData` as `data`, and nobody owns the result.
function withPlainData(object: KubeObject): KubeObject {
  const { stringData, ...rest } = object;
  if (object.kind !== 'Secret' || object.apiVersion !== 'v1' || !isRecord(stringData)) return object;
  const encoded = Object.entries(stringData).map(([key, text]) => [
    key,
    Buffer.from(String(text ?? '')).toString('base64'),
  ]);
  return { ...rest, data: { ...(isRecord(rest.data) ? rest.data : {}), ...Object.fromEntries(encoded) } };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * What tells from an object's metadata that our fields may have changed: which object it is, and our entry in its
 * managed fields, which shrinks as soon as somebody else sets one of them. `close` looks at everything that isn't status
 * as well: needed where fields are not ours any more, since then others change them without a trace there.
 */
export function markOf({ metadata, ...object }: KubeObject, manager: string, close: boolean): string {
  const ours = managedFields({ metadata, ...object }).filter(isAppliedBy(manager));
  const { uid, generation, resourceVersion, labels, annotations, deletionTimestamp = '' } = metadata;
  const rest = close ? [generation ?? resourceVersion, labels, annotations] : [];
  return hashOf(JSON.stringify([uid, deletionTimestamp, ours, rest]));
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}
