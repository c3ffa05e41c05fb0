import type { Metadata, Root, Targets } from '@tufjs/models';
import { channelError } from '../errors.ts';
import { parseRoot, parseTargets } from '../metadata/metadata-file.ts';
import type { Workshop } from './workshop.ts';

/** The newest metadata of a role: what is staged, or else what was published. */
export interface Current<T> {
  readonly metadata: T;
  readonly staged: boolean;
}

/** Throws CHANNEL_NOT_FOUND. */
export async function currentRoot(workshop: Workshop): Promise<Current<Metadata<Root>>> {
  return await current(workshop, 'root', parseRoot);
}

/** `role`: `targets`, or a product line. Throws CHANNEL_NOT_FOUND. */
export async function currentTargets(workshop: Workshop, role: string): Promise<Current<Metadata<Targets>>> {
  return await current(workshop, role, parseTargets);
}

/** The root that was published last: it must sign the next one as well (TUF specification 5.3.4). */
export async function publishedRoot(workshop: Workshop): Promise<Metadata<Root> | undefined> {
  const version = await workshop.newest('root');
  const file = `${version}.root.json`;
  const bytes = version === 0 ? undefined : await workshop.readPublished(file);
  return bytes === undefined ? undefined : parseRoot(bytes, file);
}

async function current<T>(
  workshop: Workshop,
  role: string,
  parse: (bytes: Uint8Array, name: string) => T,
): Promise<Current<T>> {
  const staged = await workshop.readStaged(role);
  if (staged !== undefined) return { metadata: parse(staged, `staged/${role}.json`), staged: true };
  const file = `${await workshop.newest(role)}.${role}.json`;
  const bytes = await workshop.readPublished(file);
  if (bytes === undefined)
    throw channelError('CHANNEL_NOT_FOUND', { subject: workshop.folder, detail: `it has no ${role}.json` });
  return { metadata: parse(bytes, file), staged: false };
}
