import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProgramName } from '../../cluster/builds/program.ts';
import { ensurePrograms, programCache } from '../../cluster/builds/programs.ts';
import { ensureHost } from '../../cluster/host.ts';
import { must } from '../skerry-process.ts';
import { type Images, makeImages } from './images.ts';
import { type ServedStore, serveStore } from './served-store.ts';

/** Where the tests of one client take place: its programs, images, and a registry that is open to everyone. */
export interface Site<N extends ProgramName> extends AsyncDisposable {
  /** For what the tests write. */
  readonly folder: string;
  readonly programs: Readonly<Record<N, string>>;
  readonly images: Images;
  readonly registry: ServedStore;
  /** A user with a home of its own and no login. */
  newcomer(): Promise<Runner>;
}

/** Runs a program that must end well, as one user; gives its standard output. */
export interface Runner {
  (program: string, ...args: readonly string[]): Promise<string>;
  readonly home: string;
  /** The same user, with something on standard input or in the environment. */
  with(more: { input?: string; env?: Readonly<Record<string, string>> }): Runner;
}

export async function openSite<const N extends ProgramName>(names: readonly N[]): Promise<Site<N>> {
  await ensureHost({ install: true, groups: ['tools', 'build'] });
  const programs = await ensurePrograms(names, { cache: programCache(process.env) });
  const folder = await mkdtemp(join(tmpdir(), 'skerry-clients-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  const [images, registry] = await open(folder).catch(async (error: unknown) => {
    await remove();
    throw error;
  });
  let users = 0;
  return {
    folder,
    programs,
    images,
    registry,
    newcomer: async () => {
      const home = join(folder, `user-${users++}`);
      await mkdir(home);
      return runnerOf(home);
    },
    [Symbol.asyncDispose]: async () => {
      try {
        await registry[Symbol.asyncDispose]();
      } finally {
        await remove();
      }
    },
  };
}

async function open(folder: string): Promise<[Images, ServedStore]> {
  return [await makeImages(folder), await serveStore(join(folder, 'registry'))];
}

/** Every program finds its configuration, its credentials and room for temporary files in `home`. */
function runnerOf(home: string, input?: string, more: Readonly<Record<string, string>> = {}): Runner {
  const config = join(home, 'config.json');
  const env = {
    HOME: home,
    TMPDIR: home,
    DOCKER_CONFIG: home,
    REGISTRY_AUTH_FILE: config,
    HELM_REGISTRY_CONFIG: config,
    COSIGN_PASSWORD: '',
    TUF_ROOT: join(home, 'tuf'),
    ...more,
  };
  const run = (program: string, ...args: readonly string[]) => must(program, args, { cwd: home, env, input });
  return Object.assign(run, {
    home,
    with: (given: Parameters<Runner['with']>[0]) => runnerOf(home, given.input, { ...more, ...given.env }),
  });
}
