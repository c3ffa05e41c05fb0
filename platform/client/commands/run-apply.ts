import type { Command } from 'commander';
import { kinds } from '../../api/kinds.ts';
import { platformError } from '../../errors.ts';
import { contains } from '../contains.ts';
import { type FileObject, parseObjects, readText } from '../object-file.ts';
import type { ProjectOptions } from '../options.ts';
import { inSession, type Session } from '../session.ts';
import type { Terminal } from '../terminal.ts';
import type { Options } from './apply.ts';

export async function runApply(terminal: Terminal, options: Options, command: Command): Promise<void> {
  await inSession(terminal, command, async (session) => {
    const objects: FileObject[] = [];
    for (const path of options.filename)
      objects.push(...parseObjects(await readText(path, terminal.stdin), path));
    // A cluster is of use only once its profile is there.
    objects.sort((a, b) => ORDER.indexOf(a.kind.kind) - ORDER.indexOf(b.kind.kind));
    for (const object of objects) projectOf(session, options, object);
    const outcomes: Outcome[] = [];
    for (const object of objects) {
      const outcome = await applyOne(session, projectOf(session, options, object), object, options.dryRun);
      outcomes.push(outcome);
      if (session.output === 'text') session.print(outcome, () => describe(outcome, options.dryRun === true));
    }
    if (session.output !== 'text') session.print({ items: outcomes }, () => '');
  });
}

interface Outcome {
  readonly kind: string;
  readonly project: string;
  readonly name: string;
  readonly result: 'created' | 'changed' | 'unchanged';
}

const ORDER = kinds.map(({ kind }) => kind);

async function applyOne(
  session: Session,
  project: string,
  { kind, draft }: FileObject,
  dryRun = false,
): Promise<Outcome> {
  const objects = session.objects(kind, project);
  const named = { kind: kind.kind, project, name: draft.name };
  const there = await objects.find(draft.name);
  const patch = { ...(draft.labels === undefined ? {} : { labels: draft.labels }), spec: draft.spec };
  if (there === undefined) {
    if (!dryRun) await objects.create(draft);
    return { ...named, result: 'created' };
  }
  if (contains(there, patch)) return { ...named, result: 'unchanged' };
  if (!dryRun) await objects.change(draft.name, () => patch);
  return { ...named, result: 'changed' };
}

// An option goes before what the file says only where both say the same.
function projectOf(session: Session, { project }: ProjectOptions, object: FileObject): string {
  if (project !== undefined && object.project !== undefined && project !== object.project) {
    throw platformError('OBJECT_FILE_INVALID', {
      subject: `${object.kind.kind} ${object.draft.name}`,
      detail: `its namespace is ${object.project}, and --project says ${project}`,
    });
  }
  return object.project ?? session.project();
}

function describe({ kind, project, name, result }: Outcome, dryRun: boolean): string {
  return `${kind} ${project}/${name} ${result}${dryRun ? ' (dry run)' : ''}`;
}
