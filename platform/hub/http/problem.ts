import { z } from 'zod';
import { type FieldError, InvalidObject } from '../../../apply/invalid-object.ts';
import { isSkerryError, type SkerryError } from '../../../content/error.ts';
import { platformError } from '../../errors.ts';
import { SignInNeeded, Way } from '../session/sign-in-needed.ts';
import { pointerOf } from './pointer.ts';

export const PROBLEM_TYPE = 'application/problem+json';

/** A field at fault, as problems and answers name it. */
export const Fault = z.object({
  pointer: z.string().meta({
    description:
      'JSON pointer (RFC 6901) into what was sent, as /spec/packs/0/digest; where the field is missing, of where it belongs.',
  }),
  detail: z.string().meta({ description: 'What is wrong there.' }),
  code: z.string().meta({ description: 'Stable; docs/errors.md lists all.' }),
  within: z.string().optional().meta({
    description:
      'Where the field is a text in YAML, as the values of a pack: the JSON pointer of what is at fault in there.',
  }),
  path: z.string().meta({ description: 'The same field for people, as spec.packs[0].digest.' }),
  message: z.string().meta({ description: 'Code and detail in one line, for people.' }),
});
export type Fault = z.infer<typeof Fault>;

/** RFC 9457, with the members that every error of Skerry has. */
export const Problem = z.object({
  type: z.string().meta({ description: 'A tag URI (RFC 4151) that ends in the code.' }),
  title: z.string().meta({ description: 'What the code means.' }),
  status: z.int(),
  detail: z.string().optional().meta({ description: 'What was seen this time.' }),
  instance: z.string().meta({ description: "The request's id, also in the hub's log." }),
  code: z.string().meta({ description: 'Stable; docs/errors.md lists all.' }),
  subject: z.string().meta({ description: 'What it happened to.' }),
  remedy: z.string().meta({ description: 'What to do now.' }),
  errors: z
    .array(Fault)
    .optional()
    .meta({ description: 'With OBJECT_INVALID: every field that is at fault.' }),
  ways: z.array(Way).optional().meta({ description: 'From /auth/session: how one may sign in.' }),
  issuer: z.string().optional().meta({ description: 'Besides ways: the identity provider.' }),
});
export type Problem = z.infer<typeof Problem>;

/** HTTP status of each code that an answer can carry; everything else is a failure of the hub, 500. */
const STATUS: Readonly<Record<string, number>> = {
  REQUEST_INVALID: 400,
  UNAUTHENTICATED: 401,
  SESSION_ENDED: 401,
  SIGN_IN_REFUSED: 403,
  SIGN_IN_UNKNOWN: 400,
  SESSION_TOO_LARGE: 422,
  ISSUER_UNKNOWN: 404,
  ISSUER_UNREACHABLE: 503,
  ACCESS_DENIED: 403,
  ROUTE_NOT_FOUND: 404,
  PACK_NOT_FOUND: 404,
  OBJECT_NOT_FOUND: 404,
  PROJECT_NOT_FOUND: 404,
  OBJECT_EXISTS: 409,
  PROJECT_NOT_EMPTY: 409,
  CLUSTER_PROTECTED: 409,
  GATEWAY_IN_USE: 409,
  ACCOUNT_IN_USE: 409,
  PROJECT_FOREIGN: 409,
  IDEMPOTENCY_KEY_REUSED: 409,
  AUTHORITY_NOT_ROTATING: 409,
  AUTHORITY_NOT_ACKNOWLEDGED: 409,
  OBJECT_CHANGED: 412,
  PRECONDITION_FAILED: 412,
  BODY_TOO_LARGE: 413,
  MEDIA_TYPE_UNSUPPORTED: 415,
  OBJECT_INVALID: 422,
  OBJECT_IMMUTABLE: 422,
  OBJECT_REFUSED: 422,
  PRECONDITION_REQUIRED: 428,
  REQUESTS_TOO_MANY: 429,
  WATCHES_TOO_MANY: 429,
  ORIGIN_REFUSED: 403,
  PAGE_EXPIRED: 410,
  WATCH_EXPIRED: 410,
  INSTALLATION_UNREADABLE: 502,
  RELEASE_UNKNOWN: 404,
  KUBECONFIG_UNAVAILABLE: 409,
  RELEASE_UNREADABLE: 502,
  PACK_UNREADABLE: 502,
  MANIFEST_INVALID: 502,
  DIGEST_MISMATCH: 502,
  SIZE_MISMATCH: 502,
  REGISTRY_DENIED: 502,
  REGISTRY_ERROR: 502,
  CLUSTER_UNAUTHORIZED: 502,
  CLUSTER_FORBIDDEN: 502,
  CLUSTER_ERROR: 502,
  REGISTRY_UNREACHABLE: 503,
  REGISTRY_RATE_LIMITED: 503,
  CLUSTER_UNREACHABLE: 503,
  NOT_READY: 503,
  AGENT_FILE_INVALID: 422,
  AGENT_FILE_FORGED: 403,
  AGENT_FILE_FOREIGN: 403,
  ENROLL_INVALID: 400,
  CSR_INVALID: 400,
  SEALING_KEY_INVALID: 400,
  TOKEN_UNKNOWN: 401,
  TOKEN_EXPIRED: 401,
  TOKEN_USED: 403,
  KEY_NOT_ACCEPTED: 403,
  CLUSTER_NOT_FOUND: 404,
  CLUSTER_CHANGING: 503,
};

/** Whether an answer can carry this code; what can't is a failure of the hub. */
export function isAnswerable(code: string): boolean {
  return code in STATUS;
}

/** The status with which an error is answered. */
function statusOf(error: SkerryError): number {
  return STATUS[error.code] ?? 500;
}

/** What is answered when something fails. `id` is the request's. What the hub didn't expect is not told outside. */
export function problemOf(thrown: unknown, id: string): Problem {
  const error = toAnswerable(thrown);
  const { code, subject, remedy, detail, message } = error;
  return {
    type: `tag:skerry.dev,2025:error/${code}`,
    title: message.split(' [')[0] ?? message,
    status: statusOf(error),
    ...(detail === undefined ? {} : { detail }),
    instance: `urn:uuid:${id}`,
    code,
    subject,
    remedy,
    ...(error instanceof SignInNeeded
      ? { ways: [...error.ways], ...(error.issuer === undefined ? {} : { issuer: error.issuer }) }
      : {}),
    ...(error instanceof InvalidObject && error.errors.length > 0
      ? { errors: error.errors.map(faultOf) }
      : {}),
  };
}

/** A field at fault with its pointer. */
export function faultOf({ path, message, code, within }: FieldError): Fault {
  return {
    pointer: pointerOf(path),
    detail: message,
    code: code ?? 'FIELD_INVALID',
    ...(within === undefined ? {} : { within }),
    path,
    message: code === undefined || code.startsWith('FIELD_') ? message : `${code}: ${message}`,
  };
}

function toAnswerable(thrown: unknown): SkerryError {
  if (isSkerryError(thrown) && statusOf(thrown) !== 500) return thrown;
  if (isTimeout(thrown)) {
    return platformError('NOT_READY', {
      subject: 'hub',
      detail: 'the registry or the API server is too slow',
    });
  }
  // Fastify's own errors for requests that it can't read.
  const status = thrown instanceof Error && 'statusCode' in thrown ? thrown.statusCode : undefined;
  if (status === 413) return platformError('BODY_TOO_LARGE', { subject: 'request' });
  if (status === 415) return platformError('MEDIA_TYPE_UNSUPPORTED', { subject: 'Content-Type' });
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return platformError('REQUEST_INVALID', { subject: 'request', detail: String(status) });
  }
  return platformError('HUB_FAILED', { subject: 'hub' });
}

function isTimeout(thrown: unknown): boolean {
  return thrown instanceof Error && (thrown.name === 'TimeoutError' || thrown.name === 'AbortError');
}
