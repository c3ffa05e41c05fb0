import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectCluster } from '../../../apply/client/kube.ts';
import { DEFAULT_HELM_LIMITS } from '../../../apply/helm/helm-process.ts';
import { bundleName, type CreatedBundle, type CreateStep, createBundle } from '../../../bundle/create.ts';
import type { LockedRelease } from '../../../bundle/locked-release.ts';
import { type Release, readRelease } from '../../../bundle/release.ts';
import { fileSize } from '../../../content/bytes/blob-file.ts';
import { measureFile } from '../../../content/bytes/file-measure.ts';
import { HashThreads } from '../../../content/bytes/hash/hash-threads.ts';
import { lossOf } from '../../../content/copy/omission.ts';
import { credentialFiles } from '../../../content/remote/credentials.ts';
import { tellWaits } from '../../copy/registry-waits.ts';
import { installerError } from '../../errors.ts';
import { withScratch } from '../../scratch.ts';
import { findHelm, openHelm } from '../../stick/helm-program.ts';
import { openSigningKey, publicPathOf } from '../../stick/keys.ts';
import { makeStick, placePrograms, type StickFile } from '../../stick/make-stick.ts';
import { findProgram } from '../../stick/skerry-program.ts';
import { STICK_FILES } from '../../stick/stick.ts';
import { checkStickKey } from '../../stick/stick-key.ts';
import { type Console, print } from '../../terminal/console.ts';
import { runSteps } from '../../terminal/steps.ts';
import { formatBytes } from '../../terminal/units.ts';
import type { CreateCommandOptions } from '../bundle/create.ts';
import { createResult, describeCreated } from '../bundle/create-report.ts';

/** Makes the bundle and the stick around it, and prints what came of it. */
export async function runCreate(
  console: Console,
  path: string,
  options: CreateCommandOptions,
  output: 'text' | 'json',
  signal: AbortSignal,
) {
  const started = performance.now();
  const program = await findProgram(options.program);
  const helmPath = await findHelm(options.helm, console.env);
  const { key, path: keyPath, made } = await openSigningKey(options.key, console.env);
  if (made) {
    console.stderr.write(
      `Made a new signing key: ${keyPath}\nGive its public part to the sites, by another way than the stick: ${publicPathOf(keyPath)}\n\n`,
    );
  }
  // Before anything is written: what is there stays whole.
  await checkStickKey(options.out, bundleName((await readRelease(path)).release), key.publicKey);
  await using threads = new HashThreads({ most: Math.min(MOST_THREADS, availableParallelism() - 1) || 1 });
  const result = await withScratch(tmpdir(), async (scratch) => {
    const limits = { ...DEFAULT_HELM_LIMITS, timeMs: options.chartTimeout * 1000 };
    const helm = openHelm(helmPath, join(scratch, 'helm'), console.env, { limits });
    const checkServer =
      options.checkServer === undefined
        ? undefined
        : { client: await connectCluster({ path: options.checkServer }), signal };
    return await withSteps(console, output, async (onStep, report) => {
      let programs: Promise<StickFile[]> | undefined;
      const made = await createBundle(path, options.out, {
        helm,
        key,
        scratch,
        checkServer,
        hostTools: async (wanted) =>
          wanted.length === 0
            ? []
            : await measureTools(wanted, helmPath, await helm.version(signal), threads),
        credentials: credentialFiles(console.env),
        besides: ((await fileSize(program)) ?? 0) + ((await fileSize(helmPath)) ?? 0),
        sparse: options.allowSparse,
        onWait: tellWaits(console, output, report),
        signal,
        strict: options.strict,
        onStep,
        onProgress: ({ bytesDone, bytesTotal, current }) =>
          report(`${formatBytes(bytesDone)} of ${formatBytes(bytesTotal)}  ${current}`),
        onChecked: ({ bytesDone, bytesTotal }) =>
          report(`comparing what is there, ${formatBytes(bytesDone)} of ${formatBytes(bytesTotal)}`),
        confirm: () => options.dryRun !== true,
        threads,
        volumeSize: options.volumeSize,
        onBegin: () => {
          programs = placePrograms({ folder: options.out, program, helm: helmPath, threads, signal });
          // It is awaited when the bundle is there; until then nobody looks.
          programs.catch(() => {});
        },
      }).finally(() => programs?.catch(() => {}));
      if (made.copied !== undefined)
        await makeStick({
          folder: options.out,
          bundle: made,
          key: key.publicKey,
          programs: (await programs) ?? [],
          threads,
          signal,
        });
      return made;
    });
  });
  const durationMs = Math.round(performance.now() - started);
  print(console, output, createResult(result, key.publicKey.fingerprint, durationMs), () =>
    describeCreated(result, options.out, key.publicKey.fingerprint),
  );
  const loss = lossOf(result.plan.omissions);
  if (loss !== undefined) throw loss;
}

/** More would wait for the one that receives. */
const MOST_THREADS = 3;

const STEP_TITLES: Record<CreateStep, string> = {
  charts: 'Render and pack charts, find images',
  images: 'Pin images by digest',
  content: 'Find all content, sign the release',
  copy: 'Write the bundle',
};

// createBundle is one call that tells at which step it is; the display wants steps that end.
async function withSteps(
  console: Console,
  output: 'text' | 'json',
  work: (onStep: (step: CreateStep) => void, report: (text: string) => void) => Promise<CreatedBundle>,
): Promise<CreatedBundle> {
  const order: CreateStep[] = ['charts', 'images', 'content', 'copy'];
  const ended = new Map(order.map((step) => [step, Promise.withResolvers<void>()]));
  let report: (text: string) => void = () => {};
  const endBefore = (step: CreateStep | undefined) => {
    for (const earlier of order.slice(0, step === undefined ? order.length : order.indexOf(step)))
      ended.get(earlier)?.resolve();
  };
  const created = work(endBefore, (text) => report(text));
  created.then(
    () => endBefore(undefined),
    (error) => {
      for (const { reject } of ended.values()) reject(error);
    },
  );
  for (const { promise } of ended.values()) promise.catch(() => {});
  await runSteps(
    console,
    output,
    order.map((step) => ({
      title: STEP_TITLES[step],
      run: async (tell) => {
        report = tell;
        await ended.get(step)?.promise;
      },
    })),
  );
  return await created;
}

async function measureTools(
  wanted: Release['hostTools'],
  helm: string,
  version: string,
  threads: HashThreads,
): Promise<LockedRelease['hostTools']> {
  const found = version.replace(/^v/, '');
  return await Promise.all(
    wanted.map(async (tool) => {
      if (tool.version !== found) {
        throw installerError('HOST_TOOL_MISMATCH', {
          subject: helm,
          detail: `the release wants helm ${tool.version}, this is ${found}`,
          remedy: 'Give the right helm with --helm, or change hostTools in the release.',
        });
      }
      const platform = `${process.platform}/${process.arch === 'x64' ? 'amd64' : process.arch}`;
      return { ...tool, platform, file: STICK_FILES.helm, ...(await measureFile(helm, { threads })) };
    }),
  );
}
