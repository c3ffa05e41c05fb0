import {
  Metadata,
  MetadataKind,
  MetaFile,
  type Root,
  type Snapshot,
  type Targets,
  type Timestamp,
} from '@tufjs/models';
import { z } from 'zod';
import { digestOf, hexOf } from '../../content/digest.ts';
import { messageOf } from '../../content/error.ts';
import { tryJson } from '../../content/json.ts';
import { channelError } from '../errors.ts';
import type { AnyMetadata } from './signer.ts';

/** The version of the specification that is written; those of the same major are read (TUF specification 4.3). */
export const SPEC_VERSION = '1.0.31';

const MAX_DEPTH = 16;

const Json: z.ZodType<JsonObject> = z.record(z.string(), z.json());
type JsonObject = { [key: string]: z.core.util.JSONType };

/** Metadata as a file has it: indented, so that people and `diff` can read it. Signatures are over the canonical form. */
export function formatMetadata(metadata: AnyMetadata): Uint8Array {
  return Buffer.from(`${JSON.stringify(metadata.toJSON(), undefined, 1)}\n`);
}

export const parseRoot = (bytes: Uint8Array, name: string): Metadata<Root> =>
  parse(bytes, name, (json) => Metadata.fromJSON(MetadataKind.Root, json));
export const parseTargets = (bytes: Uint8Array, name: string): Metadata<Targets> =>
  parse(bytes, name, (json) => Metadata.fromJSON(MetadataKind.Targets, json));
export const parseSnapshot = (bytes: Uint8Array, name: string): Metadata<Snapshot> =>
  parse(bytes, name, (json) => Metadata.fromJSON(MetadataKind.Snapshot, json));
export const parseTimestamp = (bytes: Uint8Array, name: string): Metadata<Timestamp> =>
  parse(bytes, name, (json) => Metadata.fromJSON(MetadataKind.Timestamp, json));

/** How timestamp and snapshot name another file: by version, length and hash, so that parts can't be mixed. */
export function metaFileOf(bytes: Uint8Array, version: number): MetaFile {
  return new MetaFile({ version, length: bytes.byteLength, hashes: { sha256: sha256(bytes) } });
}

/** Throws CHANNEL_MIXED where a file is not the one that was named (5.5.2, 5.6.2). */
export function checkMetaFile(file: MetaFile, bytes: Uint8Array, name: string): void {
  if (file.length !== undefined && file.length !== bytes.byteLength)
    throw channelError('CHANNEL_MIXED', {
      subject: name,
      detail: `${bytes.byteLength} bytes, not ${file.length}`,
    });
  const wanted = file.hashes?.sha256;
  if (wanted !== undefined && wanted !== sha256(bytes))
    throw channelError('CHANNEL_MIXED', { subject: name, detail: `sha256 ${sha256(bytes)}, not ${wanted}` });
}

function sha256(bytes: Uint8Array): string {
  return hexOf(digestOf(bytes));
}

function parse<T>(bytes: Uint8Array, name: string, read: (json: JsonObject) => T): T {
  const invalid = (detail: string, cause?: unknown) =>
    channelError('CHANNEL_METADATA_INVALID', { subject: name, detail, cause });
  const text = Buffer.from(bytes).toString('utf8');
  if (depthOf(text) > MAX_DEPTH) throw invalid('nested too deeply');
  const json = Json.safeParse(tryJson(text));
  if (!json.success) throw invalid('no JSON object');
  try {
    return read(json.data);
  } catch (cause) {
    throw invalid(messageOf(cause), cause);
  }
}

// Counted before parsing; brackets in strings only make the answer stricter.
function depthOf(text: string): number {
  let [depth, most] = [0, 0];
  for (const character of text) {
    if (character === '{' || character === '[') most = Math.max(most, ++depth);
    else if (character === '}' || character === ']') depth--;
  }
  return most;
}
