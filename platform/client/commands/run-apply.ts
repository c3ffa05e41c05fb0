import type { Command } from 'commander';
import { kinds } from '../../api/kinds.ts';
import { platformError } from '../../errors.ts';
import { contains } from '../objects/contains.ts';
import { placed } from '../objects/fault-place.ts';
import { type FileObject, parseObjects, readText, type WrittenObject } from '../objects/object-file.ts';
import { changesText, planOf } from '../objects/plan.ts';
import type { Plan } from '../operations.ts';
import type { ProjectOptions } from '../options.ts';
import { sayWarnings } from '../output/say-warnings.ts';
import type { Terminal } from '../output/terminal.ts';
import { inSession, type Session } from '../session.ts';
import type { Options } from './apply.ts';

export async function runApply(terminal: Terminal, options: Options, command: Command): Promise<void> {
  await inSession(terminal, command, async (session) => {
    const objects: WrittenObject[] = [];
    for (const path of options.filename)
      objects.push(...parseObjects(await readText(path, terminal.stdin), path));
    // A cluster is of use only once its profile is there.
    objects.sort((a, b) => ORDER.indexOf(a.kind.kind) - ORDER.indexOf(b.kind.kind));
    for (const object of objects) projectOf(session, options, object);
    const outcomes: Outcome[] = [];
    const isDry = options.dryRun === true || options.plan === true;
    for (const object of objects) {
      const project = projectOf(session, options, object);
      const meant = { ...object.file, kind: object.kind.kind, name: object.draft.name };
      const outcome = await placed(meant, async () => {
        const result = await applyOne(session, project, object, isDry);
        return options.plan === true ? { ...result, plan: await planned(session, project, object) } : result;
      });
      outcomes.push(outcome);
      if (session.output === 'text') session.print(outcome, () => describe(outcome, isDry));
    }
    if (session.output !== 'text') session.print({ items: outcomes }, () => '');
  });
}

interface Outcome {
  readonly kind: string;
  readonly project: string;
  readonly name: string;
  readonly result: 'created' | 'changed' | 'unchanged';
  readonly plan?: Plan | undefined;
}

const ORDER = kinds.map(({ kind }) => kind);

async function applyOne(
  session: Session,
  project: string,
  { kind, draft }: FileObject,
  isDry: boolean,
): Promise<Outcome> {
  const objects = session.objects(kind, project);
  const named = { kind: kind.kind, project, name: draft.name };
  const there = await objects.find(draft.name);
  const patch = { ...(draft.labels === undefined ? {} : { labels: draft.labels }), spec: draft.spec };
  if (there === undefined) {
    sayWarnings(session, isDry ? await objects.check(draft) : await objects.create(draft));
    return { ...named, result: 'created' };
  }
  if (contains(there, patch)) return { ...named, result: 'unchanged' };
  const changed = isDry
    ? await objects.checkChange(draft.name, patch)
    : (await objects.change(draft.name, () => patch)).object;
  sayWarnings(session, changed);
  return { ...named, result: 'changed' };
}

async function planned(session: Session, project: string, { kind, draft }: FileObject) {
  const { plural } = kind;
  return plural === 'clusters' || plural === 'clusterprofiles'
    ? await planOf(session, project, plural, draft)
    : undefined;
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

function describe({ kind, project, name, result, plan }: Outcome, isDry: boolean): string {
  const line = `${kind} ${project}/${name} ${result}${isDry ? ' (dry run)' : ''}`;
  return plan === undefined ? line : `${line}\n\n${changesText(plan)}\n`;
}
