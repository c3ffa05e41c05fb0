import { createPublicKey, type KeyObject } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { z } from 'zod';
import { tryJson } from '../../../content/json.ts';
import { platformError } from '../../errors.ts';
import { verify } from '../dsse.ts';
import { ClusterIdentity } from '../envelope.ts';
import { fingerprint } from '../fingerprint.ts';
import { AgentMessage, EnrollRequest, isNewAgentMessage, knownMessages, Signed } from '../message.ts';

/** What an agent has to say to its hub, as one file: the messages of the wire, signed together by the agent's key. */
const AGENT_FILE_TYPE = 'application/vnd.skerry.agent-file.v1+json';

/** Bytes of a file as it travels, and of the messages in it. */
export const MAX_AGENT_FILE_BYTES = 1024 * 1024;
const MAX_PAYLOAD_BYTES = 4 * 1024 * 1024;

export const AgentFile = z.object({
  version: z.literal(1),
  at: z.string().max(40),
  /** In PEM; the hub knows its fingerprint. */
  publicKey: z.string().max(2000),
  /** Absent until the agent was accepted. */
  cluster: ClusterIdentity.optional(),
  /** Asks to be accepted. */
  enroll: EnrollRequest.optional(),
  messages: knownMessages(AgentMessage, isNewAgentMessage).refine(({ length }) => length <= 64),
});
export type AgentFile = z.infer<typeof AgentFile>;

/** DSSE, its payload gzipped JSON: reports are long and much the same. */
const SignedFile = Signed.extend({ payload: z.string().max(MAX_AGENT_FILE_BYTES) });

export type Sign = (payloadType: string, bytes: Uint8Array) => Signed;

export function sealAgentFile(file: AgentFile, sign: Sign): string {
  return `${JSON.stringify(sign(AGENT_FILE_TYPE, gzipSync(JSON.stringify(file), { level: 9 })))}\n`;
}

export interface OpenedAgentFile {
  readonly file: AgentFile;
  readonly publicKey: KeyObject;
  /** Fingerprint of the key that signed it: what the hub must have accepted. */
  readonly key: string;
}

/** Reads a file and checks that the key in it has signed it. Throws AGENT_FILE_INVALID, AGENT_FILE_FORGED. */
export function openAgentFile(text: unknown): OpenedAgentFile {
  const signed = SignedFile.safeParse(typeof text === 'string' ? tryJson(text) : text).data;
  if (signed === undefined || signed.payloadType !== AGENT_FILE_TYPE)
    throw invalid('it is no report that "skerry report export" has written');
  const payload = AgentFile.safeParse(tryJson(unzipped(signed.payload)));
  if (!payload.success) {
    const [issue] = payload.error.issues;
    throw invalid(`${issue?.path.join('.')}: ${issue?.message}`);
  }
  const file = payload.data;
  const publicKey = readKey(file.publicKey);
  try {
    verify(signed, [publicKey], AGENT_FILE_TYPE);
  } catch (cause) {
    throw platformError('AGENT_FILE_FORGED', {
      subject: 'report file',
      detail: fingerprint(publicKey),
      cause,
    });
  }
  return { file, publicKey, key: fingerprint(publicKey) };
}

function unzipped(payload: string): string {
  try {
    const bytes = Buffer.from(payload, 'base64');
    return gunzipSync(bytes, { maxOutputLength: MAX_PAYLOAD_BYTES }).toString('utf8');
  } catch {
    throw invalid('its payload cannot be read');
  }
}

function readKey(pem: string): KeyObject {
  try {
    return createPublicKey(pem);
  } catch {
    throw invalid('its public key cannot be read');
  }
}

function invalid(detail: string) {
  return platformError('AGENT_FILE_INVALID', { subject: 'report file', detail });
}
