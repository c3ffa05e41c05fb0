import { z } from 'zod';
import type { SkerryError } from '../content/error.ts';
import { applyError } from './errors.ts';
import type { ApiResponse } from './transport.ts';

/** meta/v1 Status, what the API server answers when it fails. */
const statusSchema = z.looseObject({
  kind: z.literal('Status'),
  message: z.string().default(''),
  reason: z.string().default(''),
  details: z
    .looseObject({
      causes: z
        .array(
          z.looseObject({
            reason: z.string().optional(),
            message: z.string().optional(),
            field: z.string().optional(),
          }),
        )
        .optional(),
    })
    .nullish(),
});

type Status = z.infer<typeof statusSchema>;

/** The error that a response of 400 or more stands for. */
export function apiError(subject: string, response: ApiResponse): SkerryError {
  const status = readStatus(response);
  const detail = detailOf(status, response);
  switch (response.status) {
    case 401:
      return applyError('CLUSTER_UNAUTHORIZED', { subject, detail });
    case 403:
      return applyError(isAuthorization(status) ? 'CLUSTER_FORBIDDEN' : 'OBJECT_REFUSED', {
        subject,
        detail,
      });
    case 404:
      return applyError(missing(status), { subject, detail });
    case 409:
      return applyError(isFieldConflict(status) ? 'APPLY_CONFLICT' : 'OBJECT_CHANGED', { subject, detail });
    case 400:
    case 422:
      return applyError(isAdmission(status) ? 'OBJECT_REFUSED' : 'OBJECT_INVALID', { subject, detail });
    default:
      if (isMistyped(status)) return applyError('OBJECT_INVALID', { subject, detail });
      return applyError('CLUSTER_ERROR', { subject, detail: `HTTP ${response.status}: ${detail}` });
  }
}

function readStatus({ text }: ApiResponse): Status | undefined {
  try {
    return statusSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function detailOf(status: Status | undefined, { text }: ApiResponse): string {
  if (status === undefined) return text.trim().slice(0, 500);
  // The server repeats the mistyped value, which may be a secret.
  if (!isFieldConflict(status)) return status.message.replace(/, got &value\..*$/s, ', got something else');
  return (status.details?.causes ?? []).map(({ message, field }) => `${message}: ${field}`).join('; ');
}

// The RBAC authorizer's sentence: `pods is forbidden: User "x" cannot list resource "pods" …`. Quota, PodSecurity and
// webhooks answer 403 as well, but the cure is another.
function isAuthorization(status: Status | undefined): boolean {
  return status === undefined || /User ".*" cannot /.test(status.message);
}

function isAdmission(status: Status | undefined): boolean {
  return /admission webhook|ValidatingAdmissionPolicy|MutatingAdmissionPolicy/.test(status?.message ?? '');
}

function missing(status: Status | undefined): 'NAMESPACE_NOT_FOUND' | 'OBJECT_CHANGED' | 'CLUSTER_ERROR' {
  if (/^namespaces ".*" not found/.test(status?.message ?? '')) return 'NAMESPACE_NOT_FOUND';
  return status?.reason === 'NotFound' ? 'OBJECT_CHANGED' : 'CLUSTER_ERROR';
}

// Server-side apply answers a field of the wrong type, or one that doesn't exist, with 500.
function isMistyped(status: Status | undefined): boolean {
  return /^failed to create typed patch object/.test(status?.message ?? '');
}

function isFieldConflict(status: Status | undefined): boolean {
  return (status?.details?.causes ?? []).some(({ reason }) => reason === 'FieldManagerConflict');
}
