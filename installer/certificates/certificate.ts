/** Something that the platform keeps and that ends some day, or that is secret and has no end. */
export interface Certificate {
  /** `hub certificate`, for people. */
  readonly name: string;
  readonly kind: 'certificate' | 'authority' | 'key' | 'password';
  /** `Secret skerry-system/skerry-hub-tls, tls.crt`. */
  readonly where: string;
  /** ISO; absent for what has no dates. */
  readonly from?: string | undefined;
  readonly until?: string | undefined;
  /** Who puts another in its place. */
  readonly renewedBy: string;
  /** From when on that happens; absent where nobody is known to do it. */
  readonly renewedFrom?: string | undefined;
}

/**
 * `due`: its renewal has begun, or is about to. `late`: it should have been renewed by now. `not-begun`: its first day is
 * yet to come, so one of two clocks is wrong.
 */
export type CertificateState = 'good' | 'due' | 'late' | 'ended' | 'not-begun' | 'endless';

/** Seen at a time of day. */
export interface DatedCertificate extends Certificate {
  readonly state: CertificateState;
  /** Whole days until it ends; negative afterwards. */
  readonly daysLeft?: number | undefined;
}

const DAY_MS = 86_400_000;
/** Certificates of others are warned of, and ours are late, with so much of their lifetime left. */
const WARN_LEFT = 0.2;

/** How it stands at a time of day; `warnLeft` is the share of its lifetime from which on it counts as late. */
export function dated(certificate: Certificate, now: Date, warnLeft = WARN_LEFT): DatedCertificate {
  const from = Date.parse(certificate.from ?? '');
  const until = Date.parse(certificate.until ?? '');
  if (Number.isNaN(until)) return { ...certificate, state: 'endless' };
  const time = now.getTime();
  const daysLeft = Math.floor((until - time) / DAY_MS);
  return { ...certificate, daysLeft, state: stateOf(certificate, { from, until, time, warnLeft }) };
}

interface Span {
  readonly from: number;
  readonly until: number;
  readonly time: number;
  readonly warnLeft: number;
}

function stateOf({ renewedFrom }: Certificate, { from, until, time, warnLeft }: Span): CertificateState {
  if (time >= until) return 'ended';
  if (time < from) return 'not-begun';
  // Of some only the end is known: then a month counts.
  const lifetime = Number.isNaN(from) ? (30 * DAY_MS) / warnLeft : until - from;
  if (until - time < lifetime * warnLeft) return 'late';
  return time >= Date.parse(renewedFrom ?? '') ? 'due' : 'good';
}

/** What somebody should look at. */
export function isTrouble({ state }: DatedCertificate): boolean {
  return state === 'late' || state === 'ended' || state === 'not-begun';
}
