import type { KeyObject } from 'node:crypto';
import { z } from 'zod';
import { tryJson } from '../../../content/json.ts';
import { platformError } from '../../errors.ts';
import { verify } from '../dsse.ts';
import { EnrollAnswer, HubMessage, isNewHubMessage, knownMessages, Signed } from '../message.ts';

/** What a hub has to say to one agent, as one file: the messages of the wire, signed together by the hub's key. */
export const HUB_FILE_TYPE = 'application/vnd.skerry.hub-file.v1+json';

/** Of the text: an envelope within it is at most 62,000 bytes, and base64 within base64. */
export const MAX_HUB_FILE_BYTES = 256 * 1024;

export const HubFile = z.object({
  version: z.literal(1),
  at: z.string().max(40),
  project: z.string().max(63),
  cluster: z.string().max(63),
  /** UID of the cluster's kube-system namespace, once it is known. */
  id: z.string().max(64).optional(),
  /** Fingerprint of the agent's key that it is for. */
  key: z.string().max(50).optional(),
  /** Of the envelope in it; 0 when there is none. */
  number: z.int().min(0),
  enroll: EnrollAnswer.optional(),
  messages: knownMessages(HubMessage, isNewHubMessage).refine(({ length }) => length <= 16),
});
export type HubFile = z.infer<typeof HubFile>;

export const SignedHubFile = Signed.extend({ payload: z.string().max(MAX_HUB_FILE_BYTES) });
export type SignedHubFile = z.infer<typeof SignedHubFile>;

/** Reads what is in a file, which nobody has checked yet. Throws HUB_FILE_INVALID. */
export function readHubFile(text: unknown): { file: HubFile; signed: SignedHubFile } {
  const signed = SignedHubFile.safeParse(typeof text === 'string' ? tryJson(text) : text).data;
  if (signed === undefined || signed.payloadType !== HUB_FILE_TYPE)
    throw invalid('not written by "skerry fleet export"');
  return { file: parse(Buffer.from(signed.payload, 'base64')), signed };
}

/** What is in a file that one of the keys has signed. Throws SIGNATURE_NOT_TRUSTED, SIGNED_TYPE_WRONG, HUB_FILE_INVALID. */
export function openHubFile(signed: SignedHubFile, keys: readonly KeyObject[]): HubFile {
  return parse(verify(signed, keys, HUB_FILE_TYPE));
}

function parse(bytes: Buffer): HubFile {
  const read = HubFile.safeParse(tryJson(bytes.toString('utf8')));
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw invalid(`${issue?.path.join('.')}: ${issue?.message}`);
}

function invalid(detail: string) {
  return platformError('HUB_FILE_INVALID', { subject: 'file for an agent', detail });
}
