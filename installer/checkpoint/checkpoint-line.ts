import { z } from 'zod';
import { jsonText, parseJson } from '../../apply/json.ts';
import { type KubeObject, narrowObject } from '../../apply/object.ts';
import { messageOf } from '../../content/error.ts';
import { installerError } from '../errors.ts';

const ObjectSchema = z.unknown().transform((value, context): KubeObject => {
  const narrowed = narrowObject(value);
  if ('object' in narrowed) return narrowed.object;
  context.addIssue(narrowed.problem);
  return z.NEVER;
});

/**
 * `always` goes back to what it was; `if-missing` comes back where it, or a part of it, was lost, and stays as it is
 * where it was changed since, as a renewed certificate.
 */
const Rule = z.enum(['always', 'if-missing']);
export type RestoreRule = z.infer<typeof Rule>;

/** A CustomResourceDefinition as it was. */
const Definition = z.strictObject({
  of: z.literal('definition'),
  component: z.string(),
  object: ObjectSchema,
  storedVersions: z.array(z.string()),
});

const Resource = z.strictObject({ of: z.literal('resource'), uid: z.string(), object: ObjectSchema });
const Setting = z.strictObject({
  of: z.literal('setting'),
  uid: z.string(),
  rule: Rule,
  object: ObjectSchema,
});

/** What a component's own backup has put out, in base64. */
const Backup = z.strictObject({ of: z.literal('backup'), component: z.string(), data: z.base64() });

const Line = z.discriminatedUnion('of', [Definition, Resource, Setting, Backup]);

/** One thing that a checkpoint holds. */
export type CheckpointLine = z.infer<typeof Line>;
export type KeptObject = z.infer<typeof Resource> | z.infer<typeof Setting>;

export function lineText(line: CheckpointLine): string {
  return `${jsonText(line)}\n`;
}

/** Throws CHECKPOINT_UNREADABLE. */
export function parseLine(text: string): CheckpointLine {
  let json: unknown;
  try {
    json = parseJson(text);
  } catch (cause) {
    throw installerError('CHECKPOINT_UNREADABLE', { subject: 'checkpoint', detail: messageOf(cause) });
  }
  const parsed = Line.safeParse(json);
  if (parsed.success) return parsed.data;
  throw installerError('CHECKPOINT_UNREADABLE', {
    subject: 'checkpoint',
    detail: z.prettifyError(parsed.error),
  });
}

/** What is kept of an object: what users and programs state in it, neither its status nor what the server keeps of it. */
export function keptOf(object: KubeObject): KubeObject {
  const { status: _, metadata, apiVersion, kind, ...rest } = object;
  const { name, namespace, labels, annotations } = metadata;
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...sorted('labels', labels),
      ...sorted('annotations', annotations),
    },
    ...rest,
  };
}

function sorted(name: string, texts: Readonly<Record<string, string>> | undefined) {
  const entries = Object.entries(texts ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.length === 0 ? {} : { [name]: Object.fromEntries(entries) };
}
