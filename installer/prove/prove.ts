import type { KubeObject } from '../../apply/object.ts';
import { describeObject } from '../../apply/object.ts';
import type { UpgradeProof } from '../../bundle/statement/upgrade-proof.ts';
import type { SkerryError } from '../../content/error.ts';
import { installerError } from '../errors.ts';
import { readInstallation } from '../record/installation.ts';
import { type Contents, compareContents, describeDifference, readContents } from '../rehearsal/contents.ts';
import { type EndState, readEndState } from '../rehearsal/end-state.ts';
import type { Operator } from '../rehearsal/operator.ts';
import type { ReleasePair } from '../rehearsal/release-pair.ts';
import { noteInstallation } from '../rehearsal/scratch-cluster.ts';
import { lastWords, type Station } from '../rehearsal/station.ts';
import type { Step } from '../terminal/steps.ts';

export interface ProveContext {
  readonly pair: ReleasePair;
  readonly operator: Operator;
  readonly station: Station;
  /** Objects that a site would have made by now, applied once the old release runs. */
  readonly objects: readonly KubeObject[];
  readonly signal: AbortSignal;
}

type ProofStep = UpgradeProof['steps'][number];

/** What was read at the turns of a rehearsal. */
interface Readings {
  old?: Contents;
  new?: Contents;
}

/** More differences than this are only counted. */
const MOST = 10;

/**
 * Runs a pair of releases up, down and up again, as an operator would, and compares what the cluster holds each time.
 * The steps of the statement are in `done` as they end. Each may throw REHEARSAL_FAILED.
 */
export function proofSteps(context: ProveContext, done: ProofStep[]): Step[] {
  const { pair, operator, station, objects, signal } = context;
  const { client } = pair;
  const { old: from, new: to } = { old: pair.old.bundle.release, new: pair.new.bundle.release };
  const readings: Readings = {};
  const run = async (args: readonly string[]) => {
    const outcome = await station.run(args, signal);
    if (outcome.exitCode !== 0) throw failed(args[0] ?? '', lastWords(outcome));
    return '';
  };
  const step = (id: string, title: string, work: (report: (text: string) => void) => Promise<string>) => ({
    id,
    title,
    run: async (report: (text: string) => void) => {
      const started = performance.now();
      const detail = await work(report);
      done.push({ id, seconds: Math.round((performance.now() - started) / 100) / 10, detail });
      return detail === '' ? undefined : detail;
    },
  });
  return [
    step('install', `Install ${from.version}`, async () => {
      try {
        return await run(operator.install());
      } finally {
        await noteInstallation(client, signal);
      }
    }),
    step('objects', 'Make the objects of a site', async () => {
      for (const object of objects) await client.apply(object, { signal, force: true });
      return `${objects.length} objects`;
    }),
    step('read', 'Read all that is there', async () => {
      readings.old = await settled(context, 'old');
      return `${readings.old.size} objects`;
    }),
    step('upgrade', `Upgrade to ${to.version}`, () => run(operator.upgrade())),
    step('compare-upgraded', 'Compare what a site had made', async () => {
      readings.new = await settled(context, 'new');
      return await survivors(context, readings);
    }),
    step('rollback', `Go back to ${from.version}`, () => run(operator.rollback())),
    step('compare-rolled-back', 'Compare everything with what was there before', async () =>
      expectSame('compare-rolled-back', readings.old, await settled(context, 'old')),
    ),
    step('upgrade-again', `Upgrade to ${to.version} again`, () => run(operator.upgrade())),
    step('compare-upgraded-again', 'Compare everything with the first upgrade', async () =>
      expectSame('compare-upgraded-again', readings.new, await settled(context, 'new')),
    ),
  ];
}

/** What the cluster holds, once it is exactly one of the releases and healthy. */
async function settled({ pair, signal }: ProveContext, side: 'old' | 'new'): Promise<Contents> {
  const { client, helm } = pair;
  const state: EndState = await readEndState({ client, helm, sides: pair, signal });
  if (state.at !== side || !state.healthy)
    throw failed(
      'status',
      `${state.at}, ${state.healthy ? '' : 'not '}healthy: ${state.problems.join('; ')}`,
    );
  const found = await readInstallation(client, { signal });
  if (found === undefined) throw failed('status', 'nothing is installed');
  return await readContents(client, found.installation, signal);
}

/** A new release may change what it brought; what a site made must be there, unless its kind went by the plan. */
async function survivors(
  { objects, pair, signal }: ProveContext,
  { old, new: next }: Readings,
): Promise<string> {
  for (const object of objects)
    if ((await pair.client.get(object, { signal })) === undefined)
      throw failed('compare-upgraded', `${describeObject(object)} is gone`);
  const differences = compareContents(old ?? new Map(), next ?? new Map());
  const count = (what: string) => differences.filter((one) => one.what === what).length;
  return `${objects.length} of ${objects.length} objects of the site are there; ${count('added')} added, ${count('changed')} changed, ${count('missing')} gone by the release`;
}

function expectSame(id: string, before: Contents | undefined, after: Contents): string {
  const differences = compareContents(before ?? new Map(), after);
  if (differences.length === 0) return `${after.size} objects are the same`;
  const told = differences.slice(0, MOST).map(describeDifference).join('; ');
  throw failed(id, `${differences.length} differences: ${told}`);
}

function failed(subject: string, detail: string): SkerryError {
  return installerError('REHEARSAL_FAILED', { subject, detail });
}
