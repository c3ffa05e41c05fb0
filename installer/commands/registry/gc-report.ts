import type { GcEvent, GoingManifest, WaitingManifest } from '../../../registry/gc/gc-event.ts';
import { formatAge, formatBytes } from '../../terminal/units.ts';

type Event<Type extends GcEvent['type']> = Extract<GcEvent, { type: Type }>;

interface RepositoryReport {
  readonly repository: string;
  going: { manifests: number; blobs: number; bytes: number };
  readonly manifests: GoingManifest[];
  readonly keptForNow: WaitingManifest[];
  pushes: { readonly blobs: number; readonly until: number } | undefined;
  unknown: readonly string[];
}

/** Further lines are counted only: `--output json` has them all. */
const MAX_LINES = 10_000;

/** Gathers what garbage collection says into what the operator reads. */
export class GcReport {
  readonly #now: number;
  readonly #repositories = new Map<string, RepositoryReport>();
  #planned: Event<'planned'> | undefined;
  #done: Event<'done'> | undefined;

  /** `now` in milliseconds since 1970. */
  constructor(now: number) {
    this.#now = now;
  }

  add(event: GcEvent): void {
    if (event.type === 'planned') this.#planned = event;
    if (event.type === 'done') this.#done = event;
    if (!('repository' in event)) return;
    const report = this.#reportOf(event.repository);
    if (event.type === 'repository') report.going = event;
    if (event.type === 'going') report.manifests.push(...event.manifests);
    if (event.type === 'waiting') report.keptForNow.push(...event.manifests);
    if (event.type === 'pushes') report.pushes = event;
    if (event.type === 'unknown') report.unknown = event.manifests;
  }

  get planned(): Event<'planned'> | undefined {
    return this.#planned;
  }

  get done(): Event<'done'> | undefined {
    return this.#done;
  }

  toJson(): object {
    const repositories = [...this.#repositories.values()].map(
      ({ repository, going, manifests, keptForNow, pushes, unknown }) => ({
        repository,
        blobs: going.blobs,
        bytes: going.bytes,
        manifests: manifests.map((manifest) => ({
          ...manifest,
          pushed: timeOf(manifest.pushed),
          untagged: manifest.untagged && timeOf(manifest.untagged),
        })),
        keptForNow: keptForNow.map((each) => ({ ...each, until: each.until && timeOf(each.until) })),
        pushes: pushes && { blobs: pushes.blobs, until: timeOf(pushes.until) },
        unknown,
      }),
    );
    const { type: _, ...planned } = this.#planned ?? {};
    const { type: __, ...done } = this.#done ?? {};
    return { repositories, planned, done: this.#done && done };
  }

  /** What goes and what is kept for now, for people. */
  planText(): string {
    const planned = this.#planned;
    if (planned === undefined) return '';
    const reports = [...this.#repositories.values()];
    const lines = [
      ...section(
        '',
        reports.flatMap((report) => this.#goingLines(report)),
      ),
      ...section('', otherLines(planned)),
      ...section(
        'KEPT FOR NOW',
        reports.flatMap((report) => this.#keptLines(report)),
      ),
      ...section('NOT COLLECTED', reports.flatMap(unknownLines)),
    ];
    const shown = lines.slice(0, MAX_LINES);
    if (lines.length > shown.length)
      shown.push(`… and ${lines.length - shown.length} lines more; --output json has them all`, '');
    return [...shown, sumLine(planned)].join('\n');
  }

  #reportOf(repository: string): RepositoryReport {
    const known = this.#repositories.get(repository);
    if (known !== undefined) return known;
    const report: RepositoryReport = {
      repository,
      going: { manifests: 0, blobs: 0, bytes: 0 },
      manifests: [],
      keptForNow: [],
      pushes: undefined,
      unknown: [],
    };
    this.#repositories.set(repository, report);
    return report;
  }

  #goingLines({ repository, going, manifests }: RepositoryReport): string[] {
    if (going.manifests + going.blobs === 0) return [];
    return [
      `${repository}  ${takenText(going)}, ${formatBytes(going.bytes)}${going.bytes === 0 ? ': other repositories hold the same' : ''}`,
      ...manifests.map(
        (manifest) =>
          `  ${short(manifest.digest)}  pushed ${formatAge(this.#now - manifest.pushed)} ago  ${this.#whyOf(manifest)}`,
      ),
    ];
  }

  #whyOf({ why, lastTag, untagged, tags }: GoingManifest): string {
    const was = lastTag === undefined ? '' : `was ${lastTag}, `;
    if (why === 'deleted') return `${was}deleted by name`;
    if (why === 'replaced') return `${was}replaced ${formatAge(this.#now - (untagged ?? this.#now))} ago`;
    if (why === 'part') return `${was}part of an index that goes`;
    if (why === 'never-tagged') return 'never had a tag';
    return `${tags.length === 0 ? was : `${tags.join(', ')}, `}belongs to an image that goes`;
  }

  #keptLines({ repository, keptForNow, pushes }: RepositoryReport): string[] {
    if (keptForNow.length === 0 && pushes === undefined) return [];
    return [
      repository,
      ...keptForNow.map(
        ({ digest, until, reason, lastTag }) =>
          `  ${short(digest)}  ${this.#untilText(until)}  ${lastTag === undefined ? '' : `was ${lastTag}, `}${reasonText(reason, lastTag)}`,
      ),
      ...(pushes === undefined
        ? []
        : [`  ${pushes.blobs} blobs  ${this.#untilText(pushes.until)}  ${REASONS.pushed}`]),
    ];
  }

  #untilText(until: number | undefined): string {
    return until === undefined ? 'for ever' : `for ${formatAge(until - this.#now)} more`;
  }
}

function reasonText(reason: WaitingManifest['reason'], lastTag: string | undefined): string {
  return reason === 'untagged' && lastTag === undefined
    ? 'never had a tag (--keep-untagged)'
    : REASONS[reason];
}

const REASONS = {
  untagged: 'replaced (--keep-untagged)',
  pushed: 'may belong to a push that goes on',
  rule: 'a retention rule (--retain)',
  'in-use': 'a client asked for it just now',
} as const;

function otherLines({
  unheld,
  unfinished,
  quarantined,
  quarantineGoes,
  unknownRoots,
}: Event<'planned'>): string[] {
  const line = (name: string, { files, bytes }: { files: number; bytes: number }, more = '') =>
    files === 0 ? [] : [`${name}  ${files} files, ${formatBytes(bytes)}${more}`];
  const stays = quarantineGoes ? '' : ' (stays without --quarantine)';
  return [
    ...line('held by no repository', unheld),
    ...line('left unfinished', unfinished),
    ...line('in quarantine', quarantined, stays),
    ...(unknownRoots === 0 ? [] : [`${unknownRoots} of the --roots name nothing that is here`]),
  ];
}

function unknownLines({ repository, unknown }: RepositoryReport): string[] {
  if (unknown.length === 0) return [];
  return [
    `${repository}  what these refer to is unknown; repair them (skerry registry check) or delete them by name:`,
    ...unknown.map((digest) => `  ${digest}`),
  ];
}

function sumLine({ manifests, blobs, bytes, waitingBytes }: Event<'planned'>): string {
  const later = waitingBytes === 0 ? '' : `; ${formatBytes(waitingBytes)} more are kept for now`;
  if (bytes > 0) return `${formatBytes(bytes)} to come back${later}`;
  if (manifests + blobs === 0) return `nothing to collect${later}`;
  const leave = manifests + blobs === 1 ? 'leaves its repository' : 'leave their repositories';
  return `${takenText({ manifests, blobs })} ${leave}; others hold the same bytes, so 0 B come back${later}`;
}

/** What was taken, for people. */
export function doneText({ manifests, blobs, bytes }: Event<'done'>): string {
  const freed = `${formatBytes(bytes)} freed`;
  return manifests + blobs === 0
    ? freed
    : `${takenText({ manifests, blobs })} taken from repositories, ${freed}`;
}

function takenText({ manifests, blobs }: { readonly manifests: number; readonly blobs: number }): string {
  return `${manifests} ${manifests === 1 ? 'manifest' : 'manifests'}, ${blobs} ${blobs === 1 ? 'blob' : 'blobs'}`;
}

function section(title: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  return [...(title === '' ? [] : [title]), ...lines, ''];
}

function short(digest: string): string {
  return digest.slice(0, digest.indexOf(':') + 13);
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}
