import { z } from 'zod';
import type { SkerryError } from '../../../../content/error.ts';
import type { CloudAnswer } from '../../connection/cloud-connection.ts';
import { infraError } from '../../errors.ts';

/** What a service says instead of what it was asked for. */
export interface Refusal {
  readonly status: number;
  /** Neutron's name of the exception, as `OverQuota`. */
  readonly type: string | undefined;
  readonly text: string;
}

const MAX_TEXT = 400;

// Nova and Keystone: {"KIND": {"code", "message"}}; Neutron: {"NeutronError": {"type", "message"}}; Glance: HTML or text.
const Body = z.record(
  z.string(),
  z.union([z.object({ type: z.string().optional(), message: z.string() }), z.string()]),
);

export function refusalOf({ status, body, text }: CloudAnswer): Refusal {
  const read = Body.safeParse(body);
  const said = read.success ? Object.values(read.data)[0] : undefined;
  const message = typeof said === 'object' ? said.message : (said ?? text.replace(/<[^>]*>/g, ' '));
  return {
    status,
    type: typeof said === 'object' ? said.type : undefined,
    text: message.replace(/\s+/g, ' ').trim().slice(0, MAX_TEXT) || `status ${status}`,
  };
}

const NO_ROOM = new Set(['OverQuota', 'IpAddressGenerationFailure', 'ExternalIpAddressExhausted']);

/** The error that a refusal is, where the caller knows no better. */
export function failureOf(subject: string, refusal: Refusal): SkerryError {
  const { status, type, text } = refusal;
  const detail = `status ${status}: ${text}`;
  if ((type !== undefined && NO_ROOM.has(type)) || isQuota(refusal))
    return infraError('QUOTA_EXCEEDED', { subject, detail });
  if (status === 401) return infraError('CREDENTIALS_REFUSED', { subject, detail });
  if (status === 406) return infraError('CLOUD_UNSUPPORTED', { subject, detail });
  if (status === 403) return infraError('CLOUD_PERMISSION_MISSING', { subject, detail });
  return infraError('CLOUD_REQUEST_FAILED', { subject, detail });
}

// Nova answers quotas with 403 and older ones with 413; policies with 403 as well. Only the text tells them apart.
function isQuota({ status, text }: Refusal): boolean {
  return status === 413 || (status === 403 && /quota exceeded|maximum number of .* exceeded/i.test(text));
}
