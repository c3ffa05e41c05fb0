import { jsonText } from '../../apply/json.ts';
import { describeObject, type KubeObject } from '../../apply/object.ts';
import { type Digest, digestOf } from '../../content/digest.ts';
import type { Checkpoint } from './checkpoint-head.ts';
import { type KeptObject, keptOf, type RestoreRule } from './checkpoint-line.ts';
import { linesOf } from './parts.ts';

/** The digests of all kept objects of a checkpoint, by what describeObject says of each. */
export async function indexKept(checkpoint: Checkpoint): Promise<Map<string, Digest>> {
  const index = new Map<string, Digest>();
  for await (const { object } of keptObjects(checkpoint))
    index.set(describeObject(object), substanceDigest(object));
  return index;
}

export async function* keptObjects(checkpoint: Checkpoint): AsyncGenerator<KeptObject> {
  for await (const line of linesOf(checkpoint))
    if (line.of === 'resource' || line.of === 'setting') yield line;
}

export function ruleOf(line: KeptObject): RestoreRule {
  return line.of === 'setting' ? line.rule : 'always';
}

/** Of what is kept of an object; the order of its fields says nothing. */
export function substanceDigest(object: KubeObject): Digest {
  return digestOf(jsonText(ordered(keptOf(object))));
}

function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(
    entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, field]) => [key, ordered(field)]),
  );
}
