import { subjectOfTag } from '../../../content/companion-tag.ts';
import type { Digest } from '../../../content/digest.ts';
import { PUSH_MS } from '../../store/push-time.ts';
import { forEachHeld, type Holdings } from '../mark/held-by.ts';
import { gracePeriodOf, type Keep } from '../plan/policy.ts';
import type { LiveChecks } from './live-checks.ts';

/** What a repository is asked about before something is taken from it. */
export interface Dropping {
  readonly checks: LiveChecks;
  readonly repository: number;
  readonly keep: Keep;
  /** Milliseconds since 1970, the same for a whole run. */
  readonly now: number;
  /** Whether a client or a push in progress has pinned the digest. */
  readonly isInUse: (digest: Digest) => boolean;
}

type Candidates = ReadonlyMap<number, Digest>;

/**
 * Which of the candidates may be taken from the repository as it is at this moment: those that nothing outside of them
 * holds on to, and nothing that itself has to stay. They must be whole groups: whatever else holds one of them counts as
 * staying. Yields now and then; the log must not be appended to until it is done.
 */
export function* droppableManifests(
  about: Dropping,
  candidates: Candidates,
): Generator<undefined, Map<number, Digest>> {
  const { checks, repository } = about;
  const going = new Map([...candidates].filter(([id]) => checks.member(repository, id) !== undefined));
  // Subjects that are not here: whatever names one of them holds its referrers as well.
  const absent = new Set<number>();
  for (const id of going.keys()) {
    const subject = checks.subject(id);
    if (subject !== 0 && checks.member(repository, subject) === undefined) absent.add(subject);
  }
  yield;
  const isOutside = (id: number) => !going.has(id);
  const queue: number[] = [];
  for (const [id, digest] of going) {
    queue.push(...stayingBecauseOf(about, id, digest, isOutside));
    yield;
  }
  for (const id of absent) if (isPointedAt(about, id, isOutside)) queue.push(id);
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    const digest = going.get(id);
    if (!going.delete(id) && !absent.delete(id)) continue;
    forEachHeld(holdingsOf(about, digest), id, (next) => {
      if (going.has(next) || absent.has(next)) queue.push(next);
    });
    yield;
  }
  return going;
}

/** Which blobs may be taken from the repository, after the manifests that go have gone. */
export function* droppableBlobs(
  { checks, repository, now, isInUse }: Dropping,
  candidates: Candidates,
): Generator<undefined, Map<number, Digest>> {
  const going = new Map<number, Digest>();
  for (const [id, digest] of candidates) {
    yield;
    const link = checks.blob(repository, id);
    const isPushed = link !== undefined && link.used === 0 && link.at + PUSH_MS > now;
    if (link === undefined || isPushed || isInUse(digest)) continue;
    if (isEmpty(checks.holders(repository, id))) going.set(id, digest);
  }
  return going;
}

// Itself, or with it the image that a companion belongs to.
function stayingBecauseOf(
  about: Dropping,
  id: number,
  digest: Digest,
  isOutside: (id: number) => boolean,
): number[] {
  const { checks, repository, isInUse, keep, now } = about;
  const tags = checks.tags(repository, id);
  const subjects = tags.flatMap((tag) =>
    subjectOfTag(tag) === undefined ? [] : (checks.subjectOfTag(repository, tag) ?? []),
  );
  if (isInUse(digest)) return [id, ...subjects];
  // A tag of any other kind, or one whose image is not here, or is it itself.
  if (tags.length > subjects.length || subjects.some((each) => each === id || isOutside(each))) return [id];
  const member = checks.member(repository, id);
  // What was pushed since this was planned stays, whatever it was found to hang on.
  if (subjects.length > 0 && member !== undefined && member.at > now) return [id, ...subjects];
  const isYoung = subjects.length === 0 && member !== undefined && gracePeriodOf(member, keep).until > now;
  return isYoung || isNamed(about, id, isOutside) ? [id] : [];
}

// By what it refers to, or by what points at it.
function isNamed(about: Dropping, id: number, isOutside: (id: number) => boolean): boolean {
  const { checks, repository } = about;
  const subject = checks.subject(id);
  if (subject !== 0 && isOutside(subject) && checks.member(repository, subject) !== undefined) return true;
  return isPointedAt(about, id, isOutside);
}

function isPointedAt(
  { checks, repository }: Dropping,
  id: number,
  isOutside: (id: number) => boolean,
): boolean {
  for (const holder of checks.holders(repository, id)) if (isOutside(holder)) return true;
  for (const referrer of checks.referrers(repository, id)) if (isOutside(referrer)) return true;
  return false;
}

// Without a digest for what is not here: the companions of that have tags like any other, and stay anyway.
function holdingsOf({ checks, repository }: Dropping, digest: Digest | undefined): Holdings {
  return {
    isHere: () => digest !== undefined,
    targets: (id) => checks.targets(id),
    subject: (id) => checks.subject(id),
    referrers: (id) => checks.referrers(repository, id),
    companions: () => (digest === undefined ? [] : checks.companions(repository, digest)),
  };
}

function isEmpty(generator: Generator<number>): boolean {
  for (const _ of generator) return false;
  return true;
}
