import { z } from 'zod';
import type { SkerryError } from '../../content/error.ts';
import { applyError } from '../errors.ts';
import { type FieldError, InvalidObject } from '../invalid-object.ts';
import type { FieldConflict } from './client.ts';
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
      if (isAdmission(status)) return applyError('OBJECT_REFUSED', { subject, detail });
      return new InvalidObject(subject, fieldErrors(status), { detail });
    default:
      if (isMistyped(status)) return applyError('OBJECT_INVALID', { subject, detail });
      return applyError('CLUSTER_ERROR', { subject, detail: `HTTP ${response.status}: ${detail}` });
  }
}

/** The fields that a server-side apply could not have; empty where the answer says something else. */
export function fieldConflicts(response: ApiResponse): FieldConflict[] {
  const causes = readStatus(response)?.details?.causes ?? [];
  return causes
    .filter(({ reason }) => reason === 'FieldManagerConflict')
    .map(({ field = '', message = '' }) => ({ field, manager: managerIn(message) }));
}

// `conflict with "kubectl" with subresource "scale" using apps/v1`
function managerIn(message: string): string {
  const { name, subresource } =
    /^conflict with "(?<name>[^"]*)"(?: with subresource "(?<subresource>[^"]*)")?/.exec(message)?.groups ??
    {};
  if (name === undefined) return message;
  return subresource === undefined ? name : `${name}, subresource ${subresource}`;
}

function fieldErrors(status: Status | undefined): FieldError[] {
  return (status?.details?.causes ?? []).map(({ field = '', message = '' }) => ({
    path: field === '<nil>' ? '' : field.replace(/^metadata\./, ''),
    // `Invalid value: "object": what the rule says`, or without the value since Kubernetes 1.33.
    message: message.replace(/^(Invalid value|Forbidden): ("(?:[^"\\]|\\.)*": )?/, ''),
  }));
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
