import { resolve as normal } from 'node:path';
import { isAddress } from '../../bundle/location.ts';
import type { MirrorItem } from '../../content/copy/copy-items.ts';
import { isSkerryError } from '../../content/error.ts';
import { originOf } from '../../content/remote/address.ts';
import type { Store } from '../../content/store.ts';
import type { Job } from '../file/job-schema.ts';
import type { MirrorFile } from '../file/mirror-file.ts';
import { namesOf } from '../select/pages.ts';
import type { Selection } from '../select/selection.ts';
import type { HeldTags } from './deletes.ts';

/**
 * The names that items have at one target, by repository. All jobs with that target share them: what one no longer
 * selects may be what another does.
 */
export class WantedTags {
  /** By repository and tag: the job that wanted it first, and what of its source. */
  readonly #wanted = new Map<string, Map<string, string>>();
  readonly #byJob = new Map<string, Set<string>>();
  /** Repositories of which not everything is known, or not everything is there: nothing is deleted in them. */
  readonly #unsure = new Set<string>();
  #allUnsure = false;
  /** Templates of the backups that any job keeps at this target. */
  readonly backups: readonly string[];

  constructor(backups: readonly string[] = []) {
    this.backups = backups;
  }

  /** Gives those items whose name at the target something else of the same job has already. */
  add(job: string, { repository, target, items, error }: Selection): ReadonlySet<MirrorItem> {
    const clashing = new Set<MirrorItem>();
    if (target === undefined) {
      this.giveUp();
      return clashing;
    }
    if (error !== undefined) this.#unsure.add(target);
    const wanted = this.#wanted.get(target) ?? new Map<string, string>();
    const own = `${job} ${repository}`;
    for (const item of items) {
      const name = item.to?.reference ?? item.reference;
      const origin = name === item.reference ? own : `${own} ${item.reference}`;
      const known = wanted.get(name);
      if (known === undefined) wanted.set(name, origin);
      else if (known !== origin && known.startsWith(`${job} `)) clashing.add(item);
    }
    this.#wanted.set(target, wanted);
    this.#byJob.set(job, (this.#byJob.get(job) ?? new Set()).add(target));
    return clashing;
  }

  /** Something of a repository of the target has failed: what it has must do until that is mended. */
  keep(repository: string): void {
    this.#unsure.add(repository);
  }

  /** A job could not say all that it wants: nothing is deleted at this target. */
  giveUp(): void {
    this.#allUnsure = true;
  }

  /** What the target has in the repositories of a job whose wanted tags are all known. */
  async heldBy(target: Store, job: string, signal: AbortSignal | undefined): Promise<HeldTags[]> {
    const held: HeldTags[] = [];
    for (const repository of this.#allUnsure ? [] : (this.#byJob.get(job) ?? [])) {
      const wanted = this.#wanted.get(repository) ?? new Map<string, string>();
      if (this.#unsure.has(repository) || wanted.size === 0) continue;
      const tags = await Array.fromAsync(namesOf((page) => target.listTags(repository, page), signal));
      held.push({ repository, tags, wanted });
    }
    return held;
  }
}

/** What all jobs with the same target want there, by job: however each writes it. */
export function wantedByJob({ mirror, resolve }: MirrorFile): (job: Job) => WantedTags {
  const places = Map.groupBy(mirror.jobs, ({ to }) => placeOf(to, resolve));
  const wanted = new Map(
    [...places.values()].flatMap((jobs) => {
      const shared = new WantedTags(jobs.flatMap(({ backup }) => backup ?? []));
      return jobs.map((job) => [job, shared] as const);
    }),
  );
  return (job) => wanted.get(job) ?? new WantedTags();
}

function placeOf(to: string, resolve: MirrorFile['resolve']): string {
  if (!isAddress(to)) return normal(resolve(to));
  try {
    return originOf(to);
  } catch (error) {
    // It can't be opened either.
    if (isSkerryError(error)) return to;
    throw error;
  }
}
