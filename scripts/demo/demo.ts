import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { z } from 'zod';
import { installerError } from '../../installer/errors.ts';
import { runSteps, type Step } from '../../installer/terminal/steps.ts';
import { formatDuration } from '../../installer/terminal/units.ts';
import { platformRecipes } from '../../manifests/images/platform-build.ts';
import { inputsOf } from '../../manifests/images/recipe.ts';
import { clusterPrograms, isProgramName } from '../../test/cluster/builds/program.ts';
import { ensurePrograms, programCache } from '../../test/cluster/builds/programs.ts';
import { findCluster, startCluster, stopCluster } from '../../test/cluster/cluster.ts';
import { ensureHost } from '../../test/cluster/host.ts';
import { islandCounters } from '../../test/cluster/network/island.ts';
import type { Cluster } from '../../test/cluster/running-cluster.ts';
import { showFleet } from './fleet.ts';
import { existingSite, islandSite, type Site } from './site.ts';

const DEMO_CLUSTER = 'demo';
/** The second island, which the hub on the first one manages. */
const EDGE_CLUSTER = 'demo-edge';
export const DEMO_CLUSTERS = [DEMO_CLUSTER, EDGE_CLUSTER];

const PROJECT = join(import.meta.dirname, '../..');
const STICK = join(PROJECT, 'dist', 'demo-stick');
/** On a real island the public key comes by another way than the stick; here it lies beside it. */
const KEY = join(PROJECT, 'dist', 'demo.key');
/** The login of the demo's user, and the files that it makes. */
const HOME = join(PROJECT, 'dist', 'demo-home');

const ServiceSchema = z.looseObject({
  spec: z.looseObject({ clusterIP: z.string(), ports: z.array(z.looseObject({ port: z.number() })) }),
});

export interface DemoOptions {
  /** Install into the cluster of KUBECONFIG. */
  readonly existing: boolean;
  readonly signal: AbortSignal;
}

/** From nothing to a running platform, told step by step. */
export async function runDemo({ existing, signal }: DemoOptions): Promise<void> {
  const started = performance.now();
  say('THE CONNECTED SIDE: make a stick');
  const helm = await prepare(existing, signal);
  await runSteps(process, 'text', stickSteps(helm, signal));

  say(
    existing ? 'THE ISLAND: your own cluster' : 'THE ISLAND: a real cluster in a network without a way out',
  );
  const site = existing ? existingSite(process.env) : islandSite(await startIsland(DEMO_CLUSTER, signal));
  say(`ON THE WORKSTATION OF THE ISLAND:  stick/skerry install stick/ --key demo.pub`);
  await site.run(join(STICK, 'skerry'), ['install', STICK, '--key', KEY.replace('.key', '.pub')], signal);

  say('WHAT RUNS, AND WHERE IT CAME FROM:  skerry status');
  await site.run(join(STICK, 'skerry'), ['status'], signal);
  await askHub(site);
  const installed = performance.now();
  const edge = await manageSecond(site, signal);
  const packets = await proveIslands([site.island, edge]);
  say(`DONE in ${formatDuration(performance.now() - started)}. SUMMARY`);
  process.stdout.write(summary(started, installed, edge === undefined ? undefined : packets));
  say('LOOK AROUND');
  process.stdout.write(lookAround(site));
}

/** Gets everything that is needed; gives the path of helm. */
async function prepare(existing: boolean, signal: AbortSignal): Promise<string> {
  const got = Promise.withResolvers<string>();
  await runSteps(process, 'text', [
    {
      title: 'See that this machine has what the demo needs',
      run: (onProgress) =>
        ensureHost({ install: true, onProgress, signal, ...(existing ? { groups: ['build'] } : {}) }),
    },
    {
      title: `Get ${existing ? 'helm and the programs of the images' : 'Kubernetes, containerd, helm and the rest'} (built once, then cached)`,
      run: async (onProgress) => {
        const options = { cache: programCache(process.env), onProgress, signal };
        if (!existing) await ensurePrograms(clusterPrograms, options);
        await ensurePrograms([...new Set(platformRecipes.flatMap(inputsOf))].filter(isProgramName), options);
        got.resolve((await ensurePrograms(['helm'], options)).helm);
      },
    },
  ]);
  return await got.promise;
}

function stickSteps(helm: string, signal: AbortSignal): Step[] {
  const node = (title: string, ...args: string[]): Step => ({
    title,
    run: (report) => lines(process.execPath, args, report, signal),
  });
  const skerry = join(PROJECT, 'dist', 'skerry');
  return [
    node('Build the skerry program', join(PROJECT, 'scripts/build.ts')),
    node('Make the images, without a Docker engine', join(PROJECT, 'manifests/images/main.ts')),
    node('Make the pack of Cluster API', join(PROJECT, 'manifests/modules/main.ts')),
    {
      title: 'Make a key that signs',
      run: async (report) => {
        await Promise.all(
          [STICK, KEY, KEY.replace('.key', '.pub')].map((path) => rm(path, { recursive: true, force: true })),
        );
        return await lines(skerry, ['key', 'generate', KEY], report, signal);
      },
    },
    {
      title: 'skerry bundle create manifests/release.yaml -o stick/',
      run: (report) =>
        lines(
          skerry,
          [
            'bundle',
            'create',
            join(PROJECT, 'manifests/release.yaml'),
            '-o',
            STICK,
            '--key',
            KEY,
            '--helm',
            helm,
          ],
          report,
          signal,
        ),
    },
  ];
}

async function startIsland(name: string, signal: AbortSignal): Promise<Cluster> {
  const programs = await ensurePrograms(clusterPrograms, { cache: programCache(process.env), signal });
  await runSteps(process, 'text', [
    {
      title: 'Start the cluster',
      run: async (onProgress) => {
        await stopCluster(name).catch(() => undefined);
        await startCluster({ name, programs, keep: true, signal, onProgress });
      },
    },
  ]);
  return await findCluster(name);
}

async function askHub({ island }: Site): Promise<void> {
  if (island === undefined) return;
  const service = ServiceSchema.parse(
    await island.api.get('/api/v1/namespaces/skerry-system/services/skerry-hub'),
  );
  const address = `https://${service.spec.clusterIP}:${service.spec.ports[0]?.port}`;
  say(`THE HUB ANSWERS, at ${address} on the island`);
  for (const path of ['/version', '/readyz']) {
    const { stdout } = await island.execOnNode('curl', ['-sk', `${address}${path}`]);
    process.stdout.write(`  ${path.padEnd(10)} ${stdout}\n`);
  }
}

async function manageSecond({ island }: Site, signal: AbortSignal): Promise<Cluster | undefined> {
  if (island === undefined) return undefined;
  say('A SECOND ISLAND, with a wire to the first one and to nothing else');
  const edge = await startIsland(EDGE_CLUSTER, signal);
  await showFleet({ hub: island, edge, program: join(STICK, 'skerry'), home: HOME, signal });
  return edge;
}

/** Gives how many packets tried to leave: none, or it throws. */
async function proveIslands(islands: readonly (Cluster | undefined)[]): Promise<number> {
  let all = 0;
  for (const island of islands.filter((one) => one !== undefined)) {
    const { total, networks } = await islandCounters(island);
    all += total;
    say(`WHAT TRIED TO LEAVE THE ISLAND ${island.name}`);
    for (const { network, sent, forwarded, routed, sentIpv6, defaultRoutes } of networks) {
      const packets = sent + forwarded + routed + sentIpv6;
      process.stdout.write(
        `  ${network.padEnd(28)} ${packets} packets, ${defaultRoutes.length} default routes\n`,
      );
    }
  }
  if (all !== 0)
    throw installerError('INTERNAL', { subject: 'the islands', detail: `${all} attempts to leave them` });
  return all;
}

function summary(started: number, installed: number, packets: number | undefined): string {
  const rows = [
    ['the platform from a stick', formatDuration(installed - started)],
    ...(packets === undefined
      ? []
      : [
          ['a second island managed', formatDuration(performance.now() - installed)],
          ['changed by hand', 'found, reported with who and what, put back'],
          ['packets out', String(packets)],
        ]),
  ];
  return rows.map(([what, how]) => `  ${what?.padEnd(28)} ${how}\n`).join('');
}

/** Runs a program, telling its last line while it runs; its whole output comes with the error when it fails. */
async function lines(
  file: string,
  args: readonly string[],
  report: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const child = execa(file, args, { all: true, reject: false, cancelSignal: signal, stdin: 'ignore' });
  for await (const line of child.iterable({ from: 'all' })) report(line.trim());
  const result = await child;
  signal.throwIfAborted();
  if (result.failed)
    throw installerError('INTERNAL', { subject: [file, ...args].join(' '), detail: `\n${result.all}` });
}

function lookAround({ enter, island }: Site): string {
  const rows = [
    [`${enter} skerry status`, 'the same again, as text or with --output json'],
    [`${enter} skerry install stick/`, 'run it again: it changes nothing and says so'],
    [`${enter} skerry uninstall --dry-run`, 'what it would delete, by name'],
    [`skerry bundle show stick/`, 'what is in the bundle'],
    [`cat stick/COVER.txt`, 'the sheet for whoever carries it'],
    ...(island === undefined
      ? []
      : [
          [
            `XDG_CONFIG_HOME=${HOME.replace(`${process.cwd()}/`, '')} ${enter} skerry cluster show edge-1`,
            'the managed cluster; so with every command from docs/fleet.md',
          ],
          ['npm run demo -- --down', 'end both islands'],
        ]),
  ];
  const stick = STICK.replace(`${process.cwd()}/`, '');
  return `${rows
    .map(
      ([line, what]) =>
        `  ${(line ?? '')
          .replaceAll('skerry ', `${stick}/skerry `)
          .replaceAll('stick/ ', `${stick} `)
          .replace(/ stick\/$/, ` ${stick}`)
          .replace('cat stick', `cat ${stick}`)}\n      ${what}`,
    )
    .join('\n')}\n`;
}

function say(headline: string): void {
  process.stdout.write(`\n${headline}\n`);
}
