import type { z } from 'zod';
import { type FieldError, InvalidObject } from '../../../apply/invalid-object.ts';

const REMEDY = 'Correct the fields named in errors, then send it again.';

/** OBJECT_INVALID for what somebody sent. */
export function invalidObject(subject: string, errors: readonly FieldError[]): InvalidObject {
  return new InvalidObject(subject, errors, { remedy: REMEDY });
}

/** What zod found, as an InvalidObject. */
export function invalidFields(subject: string, issues: readonly z.core.$ZodIssue[]): InvalidObject {
  return invalidObject(subject, issues.flatMap(fieldErrors));
}

function fieldErrors(issue: z.core.$ZodIssue): FieldError[] {
  const { code, path, message } = issue;
  if (code === 'unrecognized_keys')
    return issue.keys.map((key) => ({
      path: pathText([...path, key]),
      message: 'no such field',
      code: 'FIELD_UNKNOWN',
    }));
  if (code === 'invalid_type' && message.endsWith('received undefined'))
    return [{ path: pathText(path), message: 'is missing', code: 'FIELD_MISSING' }];
  return [{ path: pathText(path), message, code: 'FIELD_INVALID' }];
}

function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    const name = String(key);
    if (!/^[A-Za-z_][A-Za-z0-9_-]*$/.test(name)) return `${text}[${JSON.stringify(name)}]`;
    return text === '' ? name : `${text}.${name}`;
  }, '');
}
