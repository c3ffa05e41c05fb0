import { InvalidObject } from '../../../apply/invalid-object.ts';
import { isSkerryError, type SkerryError } from '../../../content/error.ts';
import { platformError } from '../../errors.ts';
import { invalidObject } from '../http/field-error.ts';

/** What an API server's refusal means to somebody who sent the object to the hub. */
export function answerable(error: unknown, subject: string): unknown {
  if (!isSkerryError(error)) return error;
  if (error instanceof InvalidObject) return fromApiServer(error, subject);
  if (error.code === 'NAMESPACE_NOT_FOUND') return platformError('PROJECT_NOT_FOUND', { subject });
  // An object of 1.5 MiB and more, which the limits here don't let through.
  if (error.code === 'CLUSTER_ERROR' && /HTTP 413/.test(error.detail ?? '')) {
    return platformError('BODY_TOO_LARGE', { subject });
  }
  return error;
}

function fromApiServer({ errors, detail = '' }: InvalidObject, subject: string): SkerryError {
  if (errors.some(({ message }) => /never changes/.test(message))) {
    return platformError('OBJECT_IMMUTABLE', { subject, detail });
  }
  return invalidObject(subject, errors.length > 0 ? errors : [{ path: '', message: detail }]);
}
