import { readFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { parse } from 'yaml';
import { KUBERNETES_YAML, parseManifests } from '../../../apply/manifest.ts';
import { isSkerryError, messageOf } from '../../../content/error.ts';
import { readLimited } from '../../../content/remote/body.ts';
import { API_VERSION } from '../../api/group.ts';
import { platformError } from '../../errors.ts';
import { anyKind } from '../kinds.ts';
import type { Draft, Kind, StoredObject } from './objects.ts';

/** An object that a file asks for. */
export interface FileObject {
  readonly kind: Kind<StoredObject>;
  /** The namespace that the file names, if it does. */
  readonly project: string | undefined;
  readonly draft: Draft;
}

/** The same, and where it is written. */
export interface WrittenObject extends FileObject {
  readonly file: { readonly source: string; readonly text: string };
}

/** Some hundred objects of the largest kind. */
const MAX_BYTES = 16 * 1024 * 1024;

/** The text of a file, or of standard input where it is called `-`. Throws OBJECT_FILE_INVALID. */
export async function readText(path: string, stdin: Readable): Promise<string> {
  try {
    if (path !== '-') return await readFile(path, 'utf8');
    const bytes = await readLimited(stdin, MAX_BYTES);
    if (bytes.byteLength > MAX_BYTES) throw new Error(`more than ${MAX_BYTES} bytes`);
    return bytes.toString('utf8');
  } catch (cause) {
    throw platformError('OBJECT_FILE_INVALID', { subject: path, detail: messageOf(cause), cause });
  }
}

/** The objects of a YAML or JSON text, written as kubectl takes them. Throws OBJECT_FILE_INVALID. */
export function parseObjects(text: string, source: string): WrittenObject[] {
  const found = manifestsOf(text, source).map(({ apiVersion, kind: name, metadata, ...rest }) => {
    const kind = anyKind.get(name);
    const subject = `${source}: ${name} ${metadata.name}`;
    if (apiVersion !== API_VERSION || kind === undefined) {
      const known = [...anyKind.keys()].join(', ');
      throw platformError('OBJECT_FILE_INVALID', {
        subject,
        detail: `${apiVersion} ${name} is no kind of the hub; there are, of ${API_VERSION}, ${known}`,
      });
    }
    if (!('spec' in rest)) throw platformError('OBJECT_FILE_INVALID', { subject, detail: 'it has no spec' });
    const { name: objectName, namespace, labels } = metadata;
    return {
      kind,
      project: namespace,
      file: { source, text },
      draft: { name: objectName, ...(labels === undefined ? {} : { labels }), spec: rest.spec },
    };
  });
  if (found.length > 0) return found;
  throw platformError('OBJECT_FILE_INVALID', { subject: source, detail: 'there is no object in it' });
}

/** A text that is a whole object, or the spec of one alone. Throws OBJECT_FILE_INVALID. */
export function parseSpec(text: string, source: string, kind: string): unknown {
  let value: unknown;
  try {
    value = parse(text, KUBERNETES_YAML);
  } catch (cause) {
    throw platformError('OBJECT_FILE_INVALID', { subject: source, detail: messageOf(cause), cause });
  }
  if (typeof value !== 'object' || value === null || !('kind' in value)) return value;
  const [object, ...more] = parseObjects(text, source);
  if (object?.kind.kind === kind && more.length === 0) return object.draft.spec;
  throw platformError('OBJECT_FILE_INVALID', { subject: source, detail: `it is not one ${kind}` });
}

function manifestsOf(text: string, source: string) {
  try {
    return parseManifests(text, source);
  } catch (cause) {
    if (!isSkerryError(cause)) throw cause;
    throw platformError('OBJECT_FILE_INVALID', {
      subject: source,
      detail: cause.detail ?? cause.message,
      cause,
    });
  }
}
