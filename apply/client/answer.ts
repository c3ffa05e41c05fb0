import { applyError } from '../errors.ts';
import { isJsonObject } from '../json.ts';
import { type KubeObject, narrowObject } from '../object.ts';

export function readObject(text: string, subject: string): KubeObject {
  return narrowAnswer(JSON.parse(text) as unknown, subject);
}

/** An object of the API server, or CLUSTER_ERROR where it is none. */
export function narrowAnswer(value: unknown, subject: string): KubeObject {
  const narrowed = narrowObject(value);
  if ('object' in narrowed) return narrowed.object;
  const kind = isJsonObject(value) ? String(value.kind) : typeof value;
  throw applyError('CLUSTER_ERROR', {
    subject,
    detail: `answered with a ${kind} that is no object: ${narrowed.problem}`,
  });
}
