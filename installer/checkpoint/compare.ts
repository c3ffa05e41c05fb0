import type { KubeClient } from '../../apply/client/client.ts';
import { type FieldChange, fieldChanges, withoutValues } from '../../apply/field-changes.ts';
import { listAt } from '../../apply/json.ts';
import { describeObject, type KubeObject } from '../../apply/object.ts';
import type { Checkpoint } from './checkpoint-head.ts';
import { type KeptObject, keptOf } from './checkpoint-line.ts';
import { helmDigest } from './helm-digest.ts';
import { keptObjects, ruleOf } from './kept-index.ts';
import type { LiveClient } from './live-objects.ts';
import { Namespaces } from './namespaces.ts';
import { linesOf } from './parts.ts';
import { survey } from './survey.ts';
import { definitionReference } from './take-checkpoint.ts';

/** Something that is not as the checkpoint has it. */
export interface Difference {
  /** `Cluster.skerry.dev shop/east`, `component hub`. */
  readonly subject: string;
  readonly what: 'changed' | 'gone' | 'new';
  /** From the checkpoint to now, values of Secrets hidden; empty for what is gone or new. */
  readonly fields: readonly FieldChange[];
  /** Going back leaves it so on purpose: made since, gone with its namespace, or a credential that was renewed since. */
  readonly stays: boolean;
}

export interface CompareInput {
  readonly client: Pick<KubeClient, 'get'> & LiveClient;
  readonly checkpoint: Checkpoint;
  readonly signal: AbortSignal;
}

/** Every difference between the cluster and a checkpoint; when going back has ended well, all of them `stay`. Changes nothing. */
export async function compareWithCheckpoint(input: CompareInput): Promise<Difference[]> {
  return [
    ...(await compareReleases(input)),
    ...(await compareDefinitions(input)),
    ...(await compareObjects(input)),
  ];
}

async function compareReleases({ client, checkpoint, signal }: CompareInput): Promise<Difference[]> {
  const differences: Difference[] = [];
  for (const component of checkpoint.head.components) {
    const subject = `component ${component.name}`;
    const now = await helmDigest(client, component, 'latest', signal);
    if (now === component.digest) continue;
    const what = now === undefined ? 'gone' : component.digest === undefined ? 'new' : 'changed';
    const fields = what === 'changed' ? [{ field: 'manifest', before: component.digest, after: now }] : [];
    differences.push({ subject, what, fields, stays: false });
  }
  return differences;
}

async function compareDefinitions({ client, checkpoint, signal }: CompareInput): Promise<Difference[]> {
  const differences: Difference[] = [];
  for await (const line of linesOf(checkpoint)) {
    if (line.of !== 'definition') continue;
    const subject = describeObject(line.object);
    const found = await client.get(definitionReference(line.object.metadata.name), { signal });
    if (found === undefined) {
      differences.push({ subject, what: 'gone', fields: [], stays: false });
      continue;
    }
    const stored = listAt(found, 'status', 'storedVersions').map(String);
    const more = stored.filter((version) => !line.storedVersions.includes(version));
    const fields = [
      ...fieldChanges(line.object, keptOf(found)),
      ...(more.length === 0
        ? []
        : [{ field: 'status.storedVersions', before: line.storedVersions, after: stored }]),
    ];
    if (fields.length > 0) differences.push({ subject, what: 'changed', fields, stays: false });
  }
  return differences;
}

async function compareObjects({ client, checkpoint, signal }: CompareInput): Promise<Difference[]> {
  const { changed, gone, made } = await survey(client, checkpoint, signal);
  const namespaces = new Namespaces(client, signal);
  const differences: Difference[] = made.map((subject) => ({
    subject,
    what: 'new',
    fields: [],
    stays: true,
  }));
  if (changed.size + gone.size === 0) return differences;
  for await (const line of keptObjects(checkpoint)) {
    const subject = describeObject(line.object);
    const now = changed.get(subject);
    if (now !== undefined) differences.push(changeOf(line, now));
    if (gone.has(subject)) {
      const stays = !(await namespaces.has(line.object.metadata.namespace));
      differences.push({ subject, what: 'gone', fields: [], stays });
    }
  }
  return differences;
}

function changeOf(line: KeptObject, now: KubeObject): Difference {
  const isSecret = line.object.kind === 'Secret' && line.object.apiVersion === 'v1';
  const fields = fieldChanges(line.object, now);
  return {
    subject: describeObject(line.object),
    what: 'changed',
    fields: isSecret ? fields.map(withoutValues) : fields,
    stays: ruleOf(line) === 'if-missing' && fields.every(({ after }) => after !== undefined),
  };
}
