import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { reportError } from '../../installer/console.ts';
import { interruptible } from '../../installer/interrupt.ts';
import { programs } from '../cluster/program.ts';
import { type BenchOptions, type BenchResult, runBench, type SetName, type Work } from './bench.ts';
import { benchError } from './errors.ts';
import { formatGrowth, formatRegistryReport, formatRegistryVerdict } from './registry/registry-report.ts';
import { formatReport, formatVerdict } from './report.ts';

const USAGE = `Usage: npm run bench [-- OPTIONS]

Measures Skerry against skopeo on the same images, side by side: the same machine, the same registries, one run after
the other in turn. Prints tables of times, ratios, memory, processor time and what was written to disks. The registry
is measured against Distribution, with the same small clients for both.

  --only WORK        create, import or registry
  --contest NAME     one contest of the registry only, and nothing else; may be given again
  --quick            the registry's contests in small, to see that everything works
  --set NAME         platform (the platform's own images) or synthetic (1.2 GB); both unless told
  --large            4 GB of images, one round: is memory the same whatever the size?
  --rounds N         at most N rounds of each (5); fewer of create and import where the time runs out
  --minutes N        how long all rounds of create and import together should take (5)
  --program FILE     measure this skerry program in place of one that is built from the sources
`;

/** What was asked for: at least as fast, under 200 MB, under 5 % of the bundle. */
const ASKED = { ratio: 1, peakBytes: 200_000_000, extraDisk: 0.05 };

async function main(args: readonly string[]): Promise<number> {
  const report = (error: unknown) => reportError(process, 'text', error);
  try {
    const options = parse(args);
    if (options === undefined) {
      process.stdout.write(USAGE);
      return 0;
    }
    return await interruptible(async (signal) => {
      const parts = [describeMachine(), ...describe(await runBench({ ...options, signal }))];
      process.stdout.write(`\n${parts.join('\n\n')}\n`);
      return 0;
    }, report);
  } catch (error) {
    return report(error);
  }
}

function describe({ copies, registry }: BenchResult): string[] {
  const parts = copies.length === 0 ? [] : [formatReport(copies), formatVerdict(copies, ASKED)];
  if (registry === undefined) return parts;
  const { results, growth } = registry;
  if (results.length > 0)
    parts.push(formatRegistryReport(results), formatRegistryVerdict(results, ASKED.peakBytes));
  if (growth.length > 0) parts.push(formatGrowth(growth));
  return parts;
}

function parse(args: readonly string[]): Omit<BenchOptions, 'signal'> | undefined {
  const { values } = parseOptions(args);
  if (values.help) return undefined;
  return {
    work: workOf(values.contest === undefined ? values.only : 'registry'),
    contests: values.contest ?? [],
    quick: values.quick ?? false,
    sets: setsOf(values.set, values.large),
    rounds: values.large ? 1 : positive(values.rounds),
    budget: positive(values.minutes) * 60_000,
    program: values.program,
    onProgress: (text) => process.stderr.write(`${text}\n`),
  };
}

function parseOptions(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        only: { type: 'string' },
        contest: { type: 'string', multiple: true },
        quick: { type: 'boolean' },
        set: { type: 'string' },
        large: { type: 'boolean' },
        rounds: { type: 'string', default: '5' },
        minutes: { type: 'string', default: '5' },
        program: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (cause) {
    throw benchError('BENCH_USAGE', { subject: args.join(' '), cause });
  }
}

function workOf(only: string | undefined): Work[] {
  const all: Work[] = ['create', 'import', 'registry'];
  return only === undefined ? all : [oneOf(only, all)];
}

function setsOf(set: string | undefined, large: boolean | undefined): SetName[] {
  if (large) return ['large'];
  return set === undefined ? ['platform', 'synthetic'] : [oneOf(set, ['platform', 'synthetic'])];
}

function oneOf<T extends SetName | Work>(text: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === text);
  if (found === undefined)
    throw benchError('BENCH_USAGE', { subject: text, detail: `not one of ${choices.join(', ')}` });
  return found;
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw benchError('BENCH_USAGE', { subject: text, detail: 'not a number above 0' });
  return value;
}

function describeMachine(): string {
  const cores = `${availableParallelism()} cores (${cpus()[0]?.model ?? 'unknown'})`;
  const skopeo = execFileSync('skopeo', ['--version'], { encoding: 'utf8' }).trim();
  return [
    `${cores}, ${Math.round(totalmem() / 1e9)} GB of memory, Linux ${release()}`,
    `Node ${process.version}, ${skopeo}, distribution ${programs.registry.version}`,
  ].join('\n');
}

process.exitCode = await main(process.argv.slice(2));
