import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SigningKey } from '../../../bundle/key.ts';
import { attachStatement } from '../../../bundle/statement/attach-statement.ts';
import { sealEnvelope } from '../../../bundle/statement/envelope.ts';
import { formatUpgradeProof, type UpgradeProof } from '../../../bundle/statement/upgrade-proof.ts';
import { VERSION } from '../../program.ts';
import { proofSteps } from '../../prove/prove.ts';
import { Seals } from '../../prove/seals.ts';
import { clear } from '../../rehearsal/clear.ts';
import { Operator } from '../../rehearsal/operator.ts';
import { openPair, type ReleasePair } from '../../rehearsal/release-pair.ts';
import { claimScratch, releaseScratch } from '../../rehearsal/scratch-cluster.ts';
import { readObjects } from '../../rehearsal/site-objects.ts';
import { ownProgram, Station } from '../../rehearsal/station.ts';
import { withScratch } from '../../scratch.ts';
import { openSigningKey } from '../../stick/keys.ts';
import { renewSheet } from '../../stick/renew-sheet.ts';
import { kubeconfigPath } from '../../terminal/cli-options.ts';
import { type Console, print } from '../../terminal/console.ts';
import { nameOfUser } from '../../terminal/local-user.ts';
import { runSteps, type Step } from '../../terminal/steps.ts';
import type { ProveCommandOptions } from '../bundle/prove.ts';

export async function runProve(
  console: Console,
  paths: { readonly old: string; readonly new: string },
  options: ProveCommandOptions,
  output: 'text' | 'json',
  signal: AbortSignal,
): Promise<void> {
  const { key } = await openSigningKey(options.key, console.env);
  const kubeconfig = kubeconfigPath(options, console.env);
  await withScratch(tmpdir(), async (scratch) => {
    const input = { paths, key: key.publicKey, kubeconfig, options, scratch, env: console.env, signal };
    const pair = await openPair(input);
    try {
      const proof = await rehearse(console, { pair, kubeconfig, scratch, options, output, signal });
      await keepProof(console, { pair, key, proof, options, output, signal });
      print(console, output, proof, () => describeProof(proof, options.out ?? pair.new.stick.bundle));
    } finally {
      await pair.close();
    }
  });
}

interface Rehearsal {
  readonly pair: ReleasePair;
  readonly kubeconfig: string;
  readonly scratch: string;
  readonly options: ProveCommandOptions;
  readonly output: 'text' | 'json';
  readonly signal: AbortSignal;
}

async function rehearse(
  console: Console,
  { pair, kubeconfig, scratch, options, output, signal }: Rehearsal,
): Promise<UpgradeProof> {
  const { client, env } = pair;
  const startedAt = new Date().toISOString();
  const requestLog = join(scratch, `requests-${randomUUID()}.log`);
  const operator = new Operator(pair, kubeconfig, { ...options, requestLog });
  const station = await Station.open({ folder: scratch, name: 'prove', program: ownProgram(), env });
  const objects = await readObjects(options.objects);
  const by = `${nameOfUser()}@${hostname()}`;
  const done: UpgradeProof['steps'] = [];
  let seals: Seals | undefined;
  let watched: UpgradeProof['watched'] = [];
  const steps: Step[] = [
    {
      title: `Claim the scratch cluster at ${client.server}`,
      run: async () => {
        const allowed = options.allowNamespace ?? [];
        await claimScratch(client, { allowed, by, now: () => new Date(), signal });
        await clear(client, { operator, station, signal });
        seals = await Seals.begin({ client, requestLog, outsideCommand: options.outsideCommand, signal });
      },
    },
    ...proofSteps({ pair, operator, station, objects, signal }, done),
    {
      title: 'See that nothing came from elsewhere',
      run: async () => {
        watched = (await seals?.end()) ?? [];
      },
    },
    {
      title: 'Take everything away again',
      run: async () => {
        await clear(client, { operator, station, signal });
        await releaseScratch(client, signal);
      },
    },
  ];
  try {
    await runSteps(console, output, steps);
  } finally {
    station.close();
    await seals?.close();
  }
  const { gitVersion } = await client.version({ signal });
  return {
    from: nameOf(pair.old),
    to: nameOf(pair.new),
    skerry: VERSION,
    kubernetes: gitVersion,
    startedAt,
    finishedAt: new Date().toISOString(),
    steps: done,
    watched,
  };
}

function nameOf({ bundle: { release, address } }: ReleasePair['old']) {
  return { name: release.name, version: release.version, digest: address.digest };
}

interface Keeping {
  readonly pair: ReleasePair;
  readonly key: SigningKey;
  readonly proof: UpgradeProof;
  readonly options: ProveCommandOptions;
  readonly output: 'text' | 'json';
  readonly signal: AbortSignal;
}

/** Signs the statement and puts it into the bundle. */
async function keepProof(
  console: Console,
  { pair, key, proof, options, output, signal }: Keeping,
): Promise<void> {
  const envelope = sealEnvelope(formatUpgradeProof(proof), key);
  if (options.statement !== undefined) await writeFile(options.statement, envelope);
  const { stick, bundle } = pair.new;
  const target = options.out ?? stick.bundle;
  const statement = { envelope, from: proof.from.digest, key: key.publicKey };
  await runSteps(console, output, [
    {
      title: `Put the signed statement into ${target}`,
      run: async () => {
        await attachStatement(target, bundle, statement, { signal });
        if (options.out === undefined) await renewSheet(stick, key.publicKey, signal);
      },
    },
  ]);
}

function describeProof({ from, to, kubernetes, steps, watched }: UpgradeProof, path: string): string {
  return [
    '',
    `${to.name} ${from.version} to ${to.version} and back, on Kubernetes ${kubernetes}:`,
    ...steps.map(
      ({ id, seconds, detail }) => `  ${id.padEnd(24)} ${seconds.toFixed(1).padStart(7)} s  ${detail}`,
    ),
    '',
    ...watched.map(
      ({ what, isWatched, how }) => `  ${isWatched ? 'watched    ' : 'NOT WATCHED'} ${what}: ${how}`,
    ),
    '',
    `The signed statement is in ${path}`,
  ].join('\n');
}
