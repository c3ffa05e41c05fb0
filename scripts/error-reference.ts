import type { ErrorEntry } from '../content/error.ts';
import { GENERATED } from './generated.ts';

/** A room's error table, and what the room is about. */
export interface ErrorRoom {
  readonly room: string;
  readonly about: string;
  readonly table: Readonly<Record<string, ErrorEntry>>;
}

const EXITS: Readonly<Record<number, string>> = {
  0: 'done',
  1: 'failed',
  2: 'usage, or a mistake in an input file',
  3: 'verification failed: content, signature or key is not what it should be',
  4: 'the cluster is not fit for what was asked',
  5: 'done, but something that belongs to the images (a signature, say) could not be had',
  6: 'done in part: some of what was to be copied failed, the rest is there',
  7: 'the target of a mirror is not what its file asks for',
  130: 'stopped by Ctrl-C or SIGTERM',
};

/** docs/errors.md: every code of every room, each under a heading that can be linked to. */
export function errorReference(rooms: readonly ErrorRoom[]): string {
  return [
    GENERATED,
    '# Errors',
    '',
    'Every failure has a code that does not change, says what it happened to, and what to do. On a terminal:',
    '',
    '```text',
    'error BUNDLE_TRUNCATED The bundle is cut off.',
    '  what  /mnt/stick/skerry-0.1.0.bundle.tar',
    '  seen  104857600 of 181235712 bytes',
    '  do    Copy it again from its source and check the free space on the medium.',
    '```',
    '',
    'With `--output json` the same stands on standard error as one line of JSON, with the fields `code`, `message`,',
    '`subject`, `detail` and `remedy` in an object `error`.',
    '',
    '## Exit codes',
    '',
    ...Object.entries(EXITS).map(([exit, means]) => `- **${exit}**: ${means}`),
    ...rooms.flatMap(section),
    '',
  ].join('\n');
}

function section({ room, about, table }: ErrorRoom): string[] {
  const codes = Object.entries(table).sort(([a], [b]) => (a < b ? -1 : 1));
  return ['', `## ${room}`, '', about, ...codes.flatMap(([code, entry]) => paragraph(code, entry))];
}

function paragraph(code: string, { means, remedy, exit = 1 }: ErrorEntry): string[] {
  return ['', `### ${code}`, '', means, '', `- Do: ${remedy}`, `- Exit code: ${exit}`];
}
