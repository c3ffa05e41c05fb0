import type { KeyObject } from 'node:crypto';
import type { SkerryError } from '../../../content/error.ts';
import { tryJson } from '../../../content/json.ts';
import { digestOf, verify } from '../../desired/dsse.ts';
import { type ClusterIdentity, ENVELOPE_TYPE, Envelope } from '../../desired/envelope.ts';
import { FEATURES, namesOf } from '../../desired/features.ts';
import type { Signed } from '../../desired/message.ts';
import { platformError } from '../../errors.ts';

export interface AcceptRules {
  /** Public keys of the hub. */
  readonly keys: readonly KeyObject[];
  /** The cluster that the agent runs in. */
  readonly cluster: ClusterIdentity;
  /** What it holds. */
  readonly held: { readonly number: number; readonly digest: string } | undefined;
  /** Names of what it knows besides protocol 1. */
  readonly features?: readonly string[] | undefined;
}

export interface Acceptable {
  readonly envelope: Envelope;
  readonly digest: string;
  /** It is the one that is held. */
  readonly isHeld: boolean;
}

/**
 * Whether an envelope may be held from now on. Throws SIGNED_TYPE_WRONG, SIGNATURE_NOT_TRUSTED, ENVELOPE_INVALID,
 * ENVELOPE_FOREIGN, ENVELOPE_OUTDATED, ENVELOPE_CONFLICT, ENVELOPE_TOO_NEW.
 */
export function acceptEnvelope(
  signed: Signed,
  { keys, cluster, held, features = namesOf(FEATURES) }: AcceptRules,
): Acceptable {
  const bytes = verify(signed, keys, ENVELOPE_TYPE);
  const envelope = readEnvelope(bytes);
  const digest = digestOf(signed);
  checkCluster(envelope, cluster);
  if (held !== undefined && envelope.number < held.number)
    throw refusal('ENVELOPE_OUTDATED', envelope, `number ${held.number} is held`);
  const isHeld = held?.number === envelope.number;
  if (isHeld && held.digest !== digest)
    throw refusal('ENVELOPE_CONFLICT', envelope, `${held.digest} is held, not ${digest}`);
  checkFeatures(envelope, features);
  return { envelope, digest, isHeld };
}

function readEnvelope(bytes: Buffer): Envelope {
  const read = Envelope.safeParse(tryJson(bytes.toString()));
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const detail = `${issue?.path.join('.')}: ${issue?.message}`;
  throw platformError('ENVELOPE_INVALID', { subject: 'envelope', detail });
}

function checkCluster(envelope: Envelope, { project, name, id }: ClusterIdentity): void {
  const { cluster } = envelope;
  if (cluster.id === id && cluster.project === project && cluster.name === name) return;
  const detail = `it is for ${cluster.project}/${cluster.name} (${cluster.id}), here is ${project}/${name} (${id})`;
  throw refusal('ENVELOPE_FOREIGN', envelope, detail);
}

// Passing over what it makes use of would be to apply something else.
function checkFeatures(envelope: Envelope, features: readonly string[]): void {
  const missing = (envelope.requires ?? []).filter((name) => !features.includes(name));
  if (missing.length > 0) throw refusal('ENVELOPE_TOO_NEW', envelope, `it needs ${missing.join(', ')}`);
}

function refusal(
  code: 'ENVELOPE_FOREIGN' | 'ENVELOPE_OUTDATED' | 'ENVELOPE_CONFLICT' | 'ENVELOPE_TOO_NEW',
  { number }: Envelope,
  detail: string,
): SkerryError {
  return platformError(code, { subject: `envelope ${number}`, detail });
}
