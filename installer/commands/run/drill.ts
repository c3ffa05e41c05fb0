import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { runUndisturbed, type Undisturbed } from '../../drill/baseline.ts';
import type { DrillContext, KnownContents, TrialResult } from '../../drill/drill-context.ts';
import { describeTrials, drillError } from '../../drill/drill-report.ts';
import { chosenTrials, expandScenarios, type Trial } from '../../drill/expand.ts';
import { runTrial } from '../../drill/run-trial.ts';
import { randomKills, SCENARIOS, THOROUGH } from '../../drill/scenario.ts';
import { installerError } from '../../errors.ts';
import { clear } from '../../rehearsal/clear.ts';
import { Operator } from '../../rehearsal/operator.ts';
import { openPair, type ReleasePair } from '../../rehearsal/release-pair.ts';
import { claimScratch, releaseScratch } from '../../rehearsal/scratch-cluster.ts';
import { readObjects } from '../../rehearsal/site-objects.ts';
import { ownProgram, Station } from '../../rehearsal/station.ts';
import { withScratch } from '../../scratch.ts';
import { openTrustedKey } from '../../stick/keys.ts';
import { findStick, STICK_FILES } from '../../stick/stick.ts';
import { kubeconfigPath } from '../../terminal/cli-options.ts';
import { type Console, type OutputFormat, print, reportError } from '../../terminal/console.ts';
import { interruptible } from '../../terminal/interrupt.ts';
import { nameOfUser } from '../../terminal/local-user.ts';
import { runSteps, type Step } from '../../terminal/steps.ts';
import { formatDuration } from '../../terminal/units.ts';
import type { DrillCommandOptions } from '../drill.ts';

export async function runDrillCommand(
  console: Console,
  old: string | undefined,
  next: string | undefined,
  options: DrillCommandOptions,
  output: OutputFormat,
): Promise<void> {
  if (options.list) return list(console, output);
  if (old === undefined || next === undefined)
    throw installerError('USAGE', { subject: 'skerry drill', detail: 'two sticks are needed' });
  checkOnly(options);
  await interruptible(
    (signal) => drill(console, { old, new: next }, options, output, signal),
    (error) => reportError(console, output, error),
  );
}

const NAMED = [...SCENARIOS, ...THOROUGH];

function list(console: Console, output: 'text' | 'json'): void {
  const known = NAMED.map(({ id, what, run, expected }) => ({ id, what, run, expected }));
  const width = Math.max(...known.map(({ id }) => id.length));
  print(console, output, known, () => known.map(({ id, what }) => `${id.padEnd(width)}  ${what}`).join('\n'));
}

/** A name that nobody has must not pass for a drill that held. */
function checkOnly({ only, random }: DrillCommandOptions): void {
  const known = [...NAMED, ...randomKills(random, 0)].map(({ id }) => id);
  const unknown = only.filter((name) => !known.includes(name.split('@')[0] ?? ''));
  if (unknown.length > 0)
    throw installerError('USAGE', { subject: `--only ${unknown.join(', ')}`, detail: 'no such scenario' });
}

async function drill(
  console: Console,
  paths: { readonly old: string; readonly new: string },
  options: DrillCommandOptions,
  output: 'text' | 'json',
  signal: AbortSignal,
): Promise<void> {
  const { folder } = await findStick(paths.new);
  const key = await openTrustedKey({
    ...{ keyPath: options.key, fingerprint: options.fingerprint, env: console.env },
    ...{ stickKeyPath: join(folder, STICK_FILES.key), installed: undefined, ask: undefined },
  });
  const kubeconfig = kubeconfigPath(options, console.env);
  const seed = options.seed ?? Math.floor(Math.random() * 2 ** 31);
  await withScratch(tmpdir(), async (scratch) => {
    const pair = await openPair({ paths, key, kubeconfig, options, scratch, env: console.env, signal });
    const station = (name: string) =>
      Station.open({ folder: scratch, name, program: ownProgram(), env: pair.env });
    const stations = { first: await station('first'), second: await station('second') };
    try {
      const context: DrillContext = {
        ...{ pair, stations, scratch, signal, nodeCommand: options.nodeCommand },
        operator: new Operator(pair, kubeconfig, options),
        objects: await readObjects(options.objects),
        patienceMs: options.patience * 60_000,
      };
      const results: TrialResult[] = [];
      try {
        await runDrill(console, context, options, { output, seed, results });
      } finally {
        // Also of a drill that was stopped: what was seen was seen.
        if (results.length > 0) report(console, output, { pair, results, seed });
      }
      await takeAway(console, context, output);
      const error = drillError(results);
      if (error !== undefined) throw error;
    } finally {
      stations.first.close();
      stations.second.close();
      await pair.close();
    }
  });
}

async function runDrill(
  console: Console,
  context: DrillContext,
  options: DrillCommandOptions,
  { output, seed, results }: { output: 'text' | 'json'; seed: number; results: TrialResult[] },
): Promise<void> {
  const { pair, signal } = context;
  const undisturbed = Promise.withResolvers<Undisturbed>();
  undisturbed.promise.catch(() => {});
  if (options.random > 0) console.stderr.write(`random moments: --seed ${seed}\n`);
  await runSteps(console, output, [
    {
      title: `Claim the scratch cluster at ${pair.client.server}`,
      run: async () => {
        const by = `${nameOfUser()}@${hostname()}`;
        const allowed = options.allowNamespace ?? [];
        await claimScratch(pair.client, { allowed, by, now: () => new Date(), signal });
      },
    },
    {
      title: 'Install, upgrade and go back, undisturbed',
      run: async (tell) => undisturbed.resolve(await runUndisturbed(context, tell)),
    },
  ]);
  const { baselines, known: knownFirst } = await undisturbed.promise;
  const more = options.thorough ? THOROUGH : THOROUGH.filter(({ id }) => isNamed(id, options.only));
  const scenarios = [...SCENARIOS, ...more, ...randomKills(options.random, seed)];
  const trials = chosenTrials(expandScenarios(scenarios, baselines), options.only);
  let known: KnownContents | undefined = knownFirst;
  const step = (trial: Trial): Step => ({
    title: `${trial.id}: ${trial.what}`,
    run: async (tell) => {
      const now: KnownContents = known ?? (await runUndisturbed(context, tell)).known;
      const { ruined, ...result } = await runTrial(trial, context, now);
      known = ruined ? undefined : now;
      results.push(result);
      return `${result.verdict}, ${result.end ?? 'no end'}`;
    },
  });
  await runSteps(console, output, trials.map(step));
}

function isNamed(id: string, only: readonly string[]): boolean {
  return only.some((name) => name.split('@')[0] === id);
}

async function takeAway(
  console: Console,
  { pair, operator, stations, signal }: DrillContext,
  output: 'text' | 'json',
): Promise<void> {
  await runSteps(console, output, [
    {
      title: 'Take everything away again',
      run: async () => {
        await clear(pair.client, { operator, station: stations.first, signal });
        await releaseScratch(pair.client, signal);
      },
    },
  ]);
}

function report(
  console: Console,
  output: 'text' | 'json',
  { pair, results, seed }: { pair: ReleasePair; results: readonly TrialResult[]; seed: number },
): void {
  const name = ({ bundle: { release } }: ReleasePair['old']) => `${release.name} ${release.version}`;
  const total = results.reduce((sum, { seconds }) => sum + seconds, 0);
  print(
    console,
    output,
    { from: name(pair.old), to: name(pair.new), seed, trials: results },
    () =>
      `\n${name(pair.old)} to ${name(pair.new)}, ${formatDuration(total * 1000)}\n\n${describeTrials(results)}`,
  );
}
