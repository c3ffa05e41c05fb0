import type { CheckEvent, Damage } from '../../../registry/scrub/check-event.ts';
import { nameOfAffected } from '../../../registry/store/manifests/affected-images.ts';
import { formatBytes } from '../../terminal/units.ts';

/** Damage, and what became of it. */
interface Finding extends Damage {
  /** The source that it was repaired from. */
  repairedFrom?: string;
  /** Why the sources could not help. */
  tried?: readonly { readonly source: string; readonly detail: string }[];
}

type End = Extract<CheckEvent, { type: 'done' }>;
type Records = Extract<CheckEvent, { type: 'records' }>;

/** More is counted and not listed: after such a loss another disk is needed first. */
const MAX_FINDINGS = 10_000;
const MAX_IMAGES = 8;

const PROBLEMS = ['rotten', 'unreadable', 'missing'] as const;

/** Gathers what a check says into what the operator reads. */
export class CheckReport {
  readonly #findings = new Map<string, Finding>();
  #untold = 0;
  #records: Records | undefined;
  #end: End | undefined;

  add(event: CheckEvent): void {
    if (event.type === 'damage') this.#addDamage(event.damage);
    if (event.type === 'repaired') this.#amend(event.digest, { repairedFrom: event.from });
    if (event.type === 'unrepaired') this.#amend(event.digest, { tried: event.tried });
    if (event.type === 'records') this.#records = event;
    if (event.type === 'done') this.#end = event;
  }

  get hasFindings(): boolean {
    return this.#findings.size > 0;
  }

  /** What is still wrong after the check, in words; undefined when nothing is. */
  get failure(): string | undefined {
    const missing = this.#end?.missing ?? 0;
    const parts = [
      ...(missing > 0 ? [this.#lossText(missing)] : []),
      ...(this.#records?.records === 'different' ? [`log and index differ: ${this.#records.detail}`] : []),
    ];
    return parts.length === 0 ? undefined : parts.join('; ');
  }

  toJson(): object {
    const { checked, orphans, quarantine, missing, incomplete } = this.#end ?? {};
    return {
      clean: this.#end !== undefined && this.failure === undefined,
      checked,
      damage: [...this.#findings.values()],
      damageNotListed: this.#untold,
      records: this.#records && { state: this.#records.records, detail: this.#records.detail },
      missing,
      incomplete,
      orphans,
      quarantine,
    };
  }

  toText(): string {
    const lines = [...this.#findings.values()].flatMap(linesOf);
    if (this.#untold > 0) lines.push(`… and ${this.#untold} more like these`);
    if (this.#end === undefined) return lines.join('\n');
    const { checked, orphans, quarantine, incomplete } = this.#end;
    lines.push(`checked     ${checked.files} files, ${formatBytes(checked.bytes)}`);
    if (this.#records !== undefined) lines.push(`records     ${recordsText(this.#records)}`);
    if (incomplete > 0)
      lines.push(
        `incomplete  ${incomplete} blobs that images name were never pushed: nothing of the store is lost`,
      );
    if (orphans.files > 0)
      lines.push(
        `garbage     ${orphans.files} files, ${formatBytes(orphans.bytes)}, that nothing names; skerry registry gc frees them`,
      );
    if (quarantine.files > 0)
      lines.push(
        `quarantine  ${quarantine.files} files, ${formatBytes(quarantine.bytes)}; skerry registry gc --quarantine deletes them`,
      );
    const repaired = [...this.#findings.values()].filter(
      ({ repairedFrom }) => repairedFrom !== undefined,
    ).length;
    if (repaired > 0) lines.push(`repaired    ${repaired}`);
    if (this.failure === undefined) lines.push('result      everything that was pushed is here and whole');
    return lines.join('\n');
  }

  // Of what is not listed, it is unknown whether it was repaired.
  #lossText(missing: number): string {
    const left = [...this.#findings.values()].filter(({ repairedFrom }) => repairedFrom === undefined);
    const kinds = PROBLEMS.flatMap((problem) => {
      const count = left.filter((finding) => finding.problem === problem).length;
      return count === 0 ? [] : [`${count} ${problem}`];
    });
    const what = `${missing} ${missing === 1 ? 'content of a repository is' : 'contents of repositories are'} lost until pushed or repaired`;
    return this.#untold > 0 || kinds.length === 0 ? what : `${what}: ${kinds.join(', ')}`;
  }

  #addDamage(damage: Damage): void {
    if (this.#findings.size < MAX_FINDINGS) this.#findings.set(damage.digest, damage);
    else this.#untold++;
  }

  #amend(digest: string, more: Partial<Finding>): void {
    const finding = this.#findings.get(digest);
    if (finding !== undefined) this.#findings.set(digest, { ...finding, ...more });
  }
}

function linesOf(finding: Finding): string[] {
  const { problem, kind, digest, detail, hurts, more, repairedFrom, tried } = finding;
  const names = hurts.slice(0, MAX_IMAGES).map(nameOfAffected);
  const rest = hurts.length - names.length;
  if (rest > 0 || more) names.push(more ? `and more than ${rest} others` : `and ${rest} others`);
  return [
    `${problem.padEnd(11)} ${kind} ${digest}`,
    ...(detail === undefined ? [] : [`  seen      ${detail}`]),
    `  hurts     ${names.length === 0 ? 'no image' : names.join(', ')}`,
    ...(repairedFrom === undefined ? [] : [`  repaired  from ${repairedFrom}`]),
    ...(tried ?? []).map(({ source, detail: why }) => `  tried     ${source}: ${why}`),
  ];
}

function recordsText({ records, detail }: Records): string {
  if (records === 'equal') return 'the log and the index say the same';
  return detail ?? records;
}
