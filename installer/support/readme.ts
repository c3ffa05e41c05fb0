import { formatBytes } from '../terminal/units.ts';
import type { CollectedPart } from './collect.ts';

/** What a bundle says of itself; beside the first page as JSON. */
export interface SupportSummary {
  readonly madeAt: string;
  /** Of the program that made it. */
  readonly skerry: string;
  readonly cluster: string;
  readonly namespaces: readonly string[];
  readonly parts: readonly {
    readonly id: string;
    readonly title: string;
    readonly files: number;
    readonly bytes: number;
  }[];
  /** What could not be had. */
  readonly missing: CollectedPart['missing'];
  /** What was taken out: reason to number. */
  readonly redacted: Readonly<Record<string, number>>;
  /** Namespaces whose Secrets could not be read, so that what they hold could not be looked for. */
  readonly unknownSecrets: readonly string[];
  /** What to look at first. */
  readonly said: readonly string[];
}

/** The first page, for a person. */
export function describeSupport(summary: SupportSummary): string {
  const { madeAt, skerry, cluster, parts, missing, redacted, unknownSecrets, said } = summary;
  const reasons = Object.entries(redacted).sort(([a], [b]) => a.localeCompare(b));
  return [
    '# Support bundle of a Skerry platform',
    '',
    `Made at ${madeAt} by skerry ${skerry} from ${cluster}. Nothing was changed there.`,
    '',
    '## At a glance',
    '',
    '```',
    ...said,
    '```',
    '',
    '## What is in here',
    '',
    '| folder | what | files | size |',
    '| --- | --- | --- | --- |',
    ...parts.map(({ id, title, files, bytes }) => `| ${id}/ | ${title} | ${files} | ${formatBytes(bytes)} |`),
    '',
    '`summary.json` says the same for programs. Times are UTC. Logs are `logs/NAMESPACE/POD/CONTAINER.log`, those of the run before end in `.previous.log`.',
    '',
    '## What could not be had',
    '',
    ...(missing.length === 0 ? ['Nothing is missing.'] : missing.map(missingLine)),
    '',
    '## What was taken out',
    '',
    'The data of Secrets is never in here, nor are Helm’s values. Elsewhere these were found and replaced by `[redacted: …]`:',
    '',
    ...(reasons.length === 0
      ? ['Nothing was found.']
      : reasons.map(([reason, count]) => `- ${count} × ${reason}`)),
    ...(unknownSecrets.length === 0
      ? []
      : [
          '',
          `Secrets of ${unknownSecrets.join(', ')} could not be read: what they hold was not looked for, only what looks like a secret.`,
        ]),
    '',
    'Look through it before you send it on: what nobody could know to be a secret may still be in a log.',
    '',
  ].join('\n');
}

function missingLine({ part, what, why }: CollectedPart['missing'][number]): string {
  return `- ${part}: ${what}: ${why.replaceAll(/\s+/g, ' ')}`;
}
