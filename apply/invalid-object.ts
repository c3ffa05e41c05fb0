import { SkerryError } from '../content/error.ts';
import { applyError } from './errors.ts';

/** A field at fault. */
export interface FieldError {
  /** As `spec.packs[0].digest`; empty for the whole. */
  readonly path: string;
  readonly message: string;
  /** What is wrong, as a code of an error table; absent where only the message says it. */
  readonly code?: string | undefined;
  /** Where the field is a text that has fields of its own, as values in YAML: the JSON pointer (RFC 6901) in there. */
  readonly within?: string | undefined;
}

const MAX_ERRORS = 50;

/** OBJECT_INVALID with the fields that are at fault. */
export class InvalidObject extends SkerryError {
  readonly errors: readonly FieldError[];

  constructor(
    subject: string,
    errors: readonly FieldError[],
    { detail, remedy }: { detail?: string; remedy?: string } = {},
  ) {
    const entry = applyError.table.OBJECT_INVALID ?? { means: '', remedy: '' };
    const lines = errors.map(lineOf);
    super('OBJECT_INVALID', entry, { subject, detail: detail ?? lines.join('; '), remedy });
    this.errors = errors.slice(0, MAX_ERRORS);
  }
}

function lineOf({ path, message, code }: FieldError): string {
  const text = code === undefined ? message : `${code}: ${message}`;
  return path === '' ? text : `${path}: ${text}`;
}
