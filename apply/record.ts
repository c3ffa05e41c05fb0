import { z } from 'zod';
import { isSkerryError, type SkerryError } from '../content/error.ts';
import { tryJson } from '../content/json.ts';
import type { CallOptions, KubeClient } from './client/client.ts';
import { textAt } from './json.ts';
import type { KubeObject } from './object.ts';

/** What is kept about some work in the cluster that it is done to: one JSON value in a ConfigMap. */
export interface RecordOptions<T> {
  readonly client: Pick<KubeClient, 'get' | 'create' | 'replace'>;
  readonly name: string;
  readonly namespace: string;
  /** Of the ConfigMap's data. */
  readonly key: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly schema: z.ZodType<T>;
  /** The error for a value that doesn't fit the schema. */
  readonly invalid: (subject: string, detail: string) => SkerryError;
}

/** A value as it was read, to be written back only if nobody else has written meanwhile. */
export interface Stored<T> {
  readonly value: T;
  readonly resourceVersion: string | undefined;
}

/** Undefined when there is none, or not even its namespace. Throws `invalid`. */
export async function readRecord<T>(
  record: RecordOptions<T>,
  options: CallOptions = {},
): Promise<Stored<T> | undefined> {
  const { client, name, namespace, key, schema, invalid } = record;
  const found = await client.get(reference(record), options).catch((error: unknown) => {
    if (isSkerryError(error, 'NAMESPACE_NOT_FOUND')) return undefined;
    throw error;
  });
  if (found === undefined) return undefined;
  const parsed = schema.safeParse(tryJson(textAt(found, 'data', key) ?? ''));
  if (!parsed.success) throw invalid(`ConfigMap ${namespace}/${name}`, z.prettifyError(parsed.error));
  return { value: parsed.data, resourceVersion: found.metadata.resourceVersion };
}

/** Throws OBJECT_CHANGED when it was written since it was read. */
export async function writeRecord<T>(
  record: RecordOptions<T>,
  { value, resourceVersion }: Stored<T>,
  options: CallOptions = {},
): Promise<Stored<T>> {
  const { metadata, ...rest } = reference(record);
  const object: KubeObject = {
    ...rest,
    metadata: {
      ...metadata,
      labels: record.labels,
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    },
    data: { [record.key]: JSON.stringify(value, null, 1) },
  };
  const written = await (resourceVersion === undefined
    ? record.client.create(object, options)
    : record.client.replace(object, options));
  return { value, resourceVersion: written.metadata.resourceVersion };
}

function reference({ name, namespace }: Pick<RecordOptions<unknown>, 'name' | 'namespace'>) {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace } };
}
