import { createHash } from 'node:crypto';

/** A place in a stream: of each kind the resourceVersion up to which everything was reported, and to whom it was shown. */
export interface Cursor {
  /** As `sightMark` gives it: who sees other projects by now has to begin again. */
  readonly sight: string;
  readonly positions: ReadonlyMap<string, string>;
}

/** Good for any hub of the cluster: the numbers are those of its API server. */
export function cursorText({ sight, positions }: Cursor): string {
  const parts = [...positions].map(([plural, version]) => `${plural}:${version}`);
  return Buffer.from(`1;${sight};${parts.join(',')}`).toString('base64url');
}

/** Undefined for a text that is none. */
export function readCursor(text: string): Cursor | undefined {
  const [, sight, parts] =
    /^1;([A-Za-z0-9_-]*);((?:[a-z]+:\d*)(?:,[a-z]+:\d*)*)$/.exec(
      Buffer.from(text, 'base64url').toString('latin1'),
    ) ?? [];
  if (sight === undefined || parts === undefined) return undefined;
  const positions = parts.split(',').map((part): [string, string] => {
    const [plural = '', version = ''] = part.split(':');
    return [plural, version];
  });
  return { sight, positions: new Map(positions) };
}

/** A short text that is another where somebody sees other projects. */
export function sightMark(sees: ReadonlyMap<string, ReadonlySet<string> | 'all'>): string {
  const text = JSON.stringify(
    [...sees].map(([plural, projects]) => [plural, projects === 'all' ? projects : [...projects].sort()]),
  );
  return createHash('sha256').update(text).digest('base64url').slice(0, 12);
}
