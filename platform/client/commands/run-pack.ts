import type { Command } from 'commander';
import { isSkerryError } from '../../../content/error.ts';
import { fields, table } from '../output/table.ts';
import type { Terminal } from '../output/terminal.ts';
import { inSession, type Session } from '../session.ts';
import type { NamedPack } from './pack.ts';

export async function runList(terminal: Terminal, command: Command): Promise<void> {
  await inSession(terminal, command, async (session) => {
    const items = await allPages((query) => call(session, query));
    session.print({ items }, () =>
      table(
        ['NAME', 'VERSION', 'LAYER', 'DESCRIPTION'],
        items.map(({ name, version, layer, description, unreadable }) => [
          name,
          version,
          layer ?? '',
          unreadable === undefined ? (description ?? '') : `${unreadable.code}: ${unreadable.detail}`,
        ]),
      ),
    );
  });
}

export async function runShow(
  terminal: Terminal,
  { name, version }: NamedPack,
  command: Command,
): Promise<void> {
  await inSession(terminal, command, async (session) => {
    const versions = await versionsOf(session, name);
    const wanted = version ?? versions[0] ?? '';
    const pack = await readPack(session, name, wanted);
    session.print({ ...pack, versions }, () =>
      [
        fields([
          ['pack', pack.name],
          ['version', pack.version],
          ['digest', pack.digest],
          ['layer', pack.layer],
          ['description', pack.description],
          ['all versions', versions.join(', ')],
        ]),
        ...((pack.presets ?? []).length === 0
          ? []
          : [
              '',
              'PRESETS',
              table(
                ['NAME', 'DESCRIPTION'],
                (pack.presets ?? []).map((preset) => [preset.name, preset.description ?? '']),
              ),
            ]),
      ].join('\n'),
    );
  });
}

async function call(session: Session, query: { limit: number; continue?: string }) {
  const { hub, signal } = session;
  return await hub.call('GET /api/v1/packs', { query: { ...query, project: projectOf(session) }, signal });
}

async function versionsOf(session: Session, name: string): Promise<string[]> {
  const { hub, signal } = session;
  const project = projectOf(session);
  const items = await allPages((query) =>
    hub.call('GET /api/v1/packs/{name}', { params: { name }, query: { ...query, project }, signal }),
  );
  return items.map(({ version }) => version);
}

/** Everything about one version of a pack. */
export async function readPack(session: Session, name: string, version: string) {
  const { hub, signal } = session;
  const query = { project: projectOf(session) };
  return await hub.call('GET /api/v1/packs/{name}/versions/{version}', {
    params: { name, version },
    query,
    signal,
  });
}

// Members of a project may read packs there; others need the right for the whole cluster.
function projectOf({ project }: Session): string | undefined {
  try {
    return project();
  } catch (error) {
    if (isSkerryError(error, 'PROJECT_UNNAMED')) return undefined;
    throw error;
  }
}

async function allPages<T>(
  page: (query: { limit: number; continue?: string }) => Promise<{
    readonly items: readonly T[];
    readonly continue?: string | undefined;
  }>,
): Promise<T[]> {
  const found: T[] = [];
  for (let rest: string | undefined = ''; rest !== undefined; ) {
    const { items, continue: next } = await page({ limit: PAGE, ...(rest === '' ? {} : { continue: rest }) });
    found.push(...items);
    rest = next === undefined || next === '' || found.length >= MOST ? undefined : next;
  }
  return found;
}

const PAGE = 100;

/** More packs than any registry has. */
const MOST = 20_000;
