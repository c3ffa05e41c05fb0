import type { Digest } from '../digest.ts';
import type { SkerryError } from '../error.ts';
import { contentError } from '../errors.ts';

/**
 * Something that belongs to what is copied and that the copy goes without. `other-platform`, `accepted` were chosen;
 * `platform-absent` is for the reader to judge; `unreadable` could not be had: the copy is not all that there is.
 */
export interface Omission {
  readonly repository: string;
  /** The manifest that it belongs to. */
  readonly of: Digest;
  /** A digest, a tag, a platform, or `referrers`. */
  readonly what: string;
  readonly why: 'other-platform' | 'platform-absent' | 'accepted' | 'unreadable';
  /** What was seen, e.g. the answer of a registry. */
  readonly detail: string;
}

/** The error for what could not be had, CONTENT_INCOMPLETE; undefined when all there is was had or left out by choice. */
export function lossOf(omissions: readonly Omission[], remedy?: string): SkerryError | undefined {
  const losses = omissions.filter(({ why }) => why === 'unreadable');
  const [first] = losses;
  if (first === undefined) return undefined;
  return contentError('CONTENT_INCOMPLETE', {
    subject: first.repository,
    detail: losses.map(describeOmission).join('; '),
    remedy,
  });
}

/** One line about it. */
export function describeOmission({ repository, of, what, why, detail }: Omission): string {
  const named = {
    'other-platform': 'left out',
    'platform-absent': 'absent',
    accepted: 'missing, as accepted',
  };
  const state = why === 'unreadable' ? 'not had' : named[why];
  return `${repository} ${what} of ${of}: ${state}, ${detail}`;
}
