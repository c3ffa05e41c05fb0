import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { reportError } from '../../installer/terminal/console.ts';
import { interruptible } from '../../installer/terminal/interrupt.ts';
import { programs } from '../cluster/builds/program.ts';
import { askedFigures } from './asked.ts';
import { type BenchOptions, type BenchResult, runBench, type SetName, type Work } from './bench.ts';
import { formatConsoleReport, measureConsole } from './console/console-bench.ts';
import { benchError } from './errors.ts';
import { runFleetBench } from './fleet/fleet-bench.ts';
import { formatFleetReport } from './fleet/fleet-report.ts';
import { type InstallBenchOptions, runInstallBench } from './install/install-bench.ts';
import { formatInstallReport } from './install/install-report.ts';
import { runProviderBench } from './provider/provider-bench.ts';
import { formatProviderReport } from './provider/provider-report.ts';
import { runProvisionBench } from './provision/provision-bench.ts';
import { formatProvisionReport } from './provision/provision-report.ts';
import { formatGrowth, formatRegistryReport, formatRegistryVerdict } from './registry/registry-report.ts';
import { formatAsked, formatReport, formatVerdict } from './report.ts';
import { runUpgradeBench } from './upgrade/upgrade-bench.ts';
import { formatUpgradeReport } from './upgrade/upgrade-report.ts';

const USAGE = `Usage: npm run bench [-- WORK OPTIONS]

Measures Skerry against skopeo, regctl and regsync on the same images, side by side: the same machine, the same registries, one run after
the other in turn. Prints tables of times, ratios, memory, processor time and what was written to disks. The registry
is measured against Distribution, with the same small clients for both. "npm run bench -- install" measures installing,
installing again and uninstalling the platform on a real cluster, step by step, against an older version's stick.
"npm run bench -- fleet" measures a hub in a real cluster with many agents. "npm run bench -- upgrade" measures an upgrade of one
component of ten against installing the new release, and verifying a channel of 1,000 releases. "npm run bench -- provider" measures
the provider of OpenTofu against one in Go. "npm run bench -- provision" measures how a gateway makes twenty clusters at once.
"npm run bench -- console" weighs what a browser loads.

  --only WORK        start, mirror, create, import, registry, install, upgrade, fleet, provider, provision or console; the first
                     five unless told
  --agents N         for fleet: at most N agents (1000)
  --stick-before DIR for install: a stick that an older version made
  --contest NAME     one contest of the registry only, and nothing else; may be given again
  --quick            the registry's contests, upgrades, or clusters that are made, in small, to see that everything works
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
      const parts = [describeMachine(), ...(await measure({ ...options, signal }))];
      process.stdout.write(`\n${parts.join('\n\n')}\n`);
      return 0;
    }, report);
  } catch (error) {
    return report(error);
  }
}

interface MoreOptions extends Pick<InstallBenchOptions, 'stickBefore'> {
  /** How many agents the fleet has at most. */
  readonly agents: number;
}

/** The fleet is looked at with so many agents, and with as many as were asked for. */
const FLEET_STEPS = [10, 100] as const;

async function measure(options: BenchOptions & MoreOptions): Promise<string[]> {
  if (options.work.includes('fleet')) {
    const steps = [...FLEET_STEPS.filter((step) => step < options.agents), options.agents];
    return [formatFleetReport(await runFleetBench({ ...options, steps }))];
  }
  if (options.work.includes('provider')) return [formatProviderReport(await runProviderBench(options))];
  if (options.work.includes('provision')) return [formatProvisionReport(await runProvisionBench(options))];
  if (options.work.includes('console')) return [formatConsoleReport(await measureConsole())];
  if (options.work.includes('upgrade')) return [formatUpgradeReport(await runUpgradeBench(options))];
  if (!options.work.includes('install')) return describe(await runBench(options));
  return [formatInstallReport(await runInstallBench(options))];
}

function describe({ copies, registry }: BenchResult): string[] {
  const parts =
    copies.length === 0
      ? []
      : [formatReport(copies), formatVerdict(copies, ASKED), formatAsked(askedFigures(copies))];
  if (registry === undefined) return parts;
  const { results, growth } = registry;
  if (results.length > 0)
    parts.push(formatRegistryReport(results), formatRegistryVerdict(results, ASKED.peakBytes));
  if (growth.length > 0) parts.push(formatGrowth(growth));
  return parts;
}

function parse(args: readonly string[]): Omit<BenchOptions & MoreOptions, 'signal'> | undefined {
  const { values, positionals } = parseOptions(args);
  if (values.help) return undefined;
  return {
    work: workOf(values.contest === undefined ? (positionals[0] ?? values.only) : 'registry'),
    stickBefore: values['stick-before'],
    agents: Math.round(positive(values.agents)),
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
      allowPositionals: true,
      options: {
        'stick-before': { type: 'string' },
        only: { type: 'string' },
        agents: { type: 'string', default: '1000' },
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

const OTHERS = ['install', 'upgrade', 'fleet', 'provider', 'provision', 'console'] as const;

function workOf(only: string | undefined): Work[] {
  const all: Work[] = ['start', 'mirror', 'create', 'import', 'registry'];
  return only === undefined ? all : [oneOf(only, [...all, ...OTHERS])];
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
