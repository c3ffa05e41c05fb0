import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { openLayout } from '../../content/layout/layout.ts';
import { streamInBatch } from '../../content/stores/batching-store.ts';
import { putImage } from '../../mirror/testing/mirror-site.ts';
import type { Contender, Contest } from './contest.ts';
import { delayedLink } from './delayed-link.ts';
import { measure } from './measure.ts';
import type { RegistryProcess, StartRegistry } from './registry-process.ts';

export interface MirrorContest {
  readonly skerry: string;
  readonly regsync: string;
  /** For both sides. */
  readonly start: StartRegistry;
  /** A folder of the contest's own. */
  readonly work: string;
}

const REGSYNC = 'regsync once';
const REPOSITORIES = 10;
const TAGS = 100;
/** Of both: tags under way at a time. */
const PARALLEL = 4;

/** From here to registries of other sites, there or back. */
const FAR_MS = 5;

/** A mirror of 1,000 tags that is up to date, looked over by `skerry mirror run` and by regsync: here, and from afar. */
export async function holdMirrorContests(
  { skerry, regsync, start, work }: MirrorContest,
  signal: AbortSignal,
  hold: (contest: Contest) => Promise<void>,
): Promise<void> {
  const repositories = Array.from({ length: REPOSITORIES }, (_, index) => `team/app-${index}`);
  await seed(join(work, 'source'), repositories);
  await using stack = new AsyncDisposableStack();
  const serve = async (name: string): Promise<RegistryProcess> => {
    const registry = await start(join(work, name), signal);
    stack.defer(() => registry.stop());
    return registry;
  };
  const [from, to] = [await serve('source'), await serve('target')];
  const contender = (name: string, file: string, args: readonly string[]): Contender => ({
    name,
    run: async () => await measure({ file, args, scratch: join(work, 'scratch'), signal }),
  });
  const contest = async (where: string, source: string, target: string): Promise<Contest> => {
    const files = await writeJobs(join(work, where), repositories, source, target);
    return {
      title: `mirror, ${REPOSITORIES * TAGS} tags and nothing to do, ${where}`,
      baseline: contender(REGSYNC, regsync, ['once', '--config', files.regsync]),
      others: [contender('skerry mirror run', skerry, ['mirror', 'run', files.mirror])],
    };
  };
  const near = await contest('on one machine', from.address, to.address);
  // The first copy, after which there is nothing to do.
  await near.others[0]?.run(signal);
  await hold(near);
  const links = [await delayedLink(from.address, FAR_MS), await delayedLink(to.address, FAR_MS)] as const;
  for (const link of links) stack.defer(() => link.stop());
  await hold(await contest(`${2 * FAR_MS} ms away`, links[0].address, links[1].address));
}

async function seed(folder: string, repositories: readonly string[]): Promise<void> {
  const store = await openLayout(folder, { create: true });
  const images = async function* () {
    for (const repository of repositories)
      for (let tag = 0; tag < TAGS; tag++)
        yield await putImage(store, repository, `v1.${tag}.0`, `${repository} ${tag}`);
  };
  for await (const _ of streamInBatch(store, images()));
}

async function writeJobs(work: string, repositories: readonly string[], from: string, to: string) {
  await mkdir(work, { recursive: true });
  const files = { mirror: join(work, 'mirror.yaml'), regsync: join(work, 'regsync.yaml') };
  const job = { name: 'all', from: `http://${from}`, to: `http://${to}` };
  const mirror = {
    apiVersion: 'skerry.dev/v1',
    kind: 'Mirror',
    name: 'bench',
    parallel: PARALLEL,
    jobs: [job],
  };
  await writeFile(files.mirror, stringify(mirror));
  const regsync = {
    version: 1,
    creds: [from, to].map((registry) => ({ registry, tls: 'disabled' })),
    defaults: { parallel: PARALLEL },
    sync: repositories.map((name) => ({
      source: `${from}/${name}`,
      target: `${to}/${name}`,
      type: 'repository',
    })),
  };
  await writeFile(files.regsync, stringify(regsync));
  return files;
}
