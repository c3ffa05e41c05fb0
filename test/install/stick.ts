import { link, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { helmProgram } from '../charts/helm-program.ts';
import { command } from '../cluster/processes/command.ts';
import { PROJECT, type ProductOptions, withProduct } from './product.ts';

/** A stick with the platform's own release on it. Tests only read it; whoever changes something makes a copy. */
export interface StickFixture {
  /** The stick itself. */
  readonly folder: string;
  /** The bundle on it. */
  readonly bundle: string;
  /** The private key that signed it. */
  readonly keyPath: string;
  readonly publicKeyPath: string;
  /** `dist/skerry` as it was when the stick was made; a later build does not change it. */
  readonly program: string;
  /** The helm program that made it. */
  readonly helm: string;
}

const STICKS = join(PROJECT, 'dist', 'sticks');
/** Sticks of earlier sources that stay: another process may still be reading one. */
const KEPT = 2;
const CREATE_MILLISECONDS = 300_000;

/**
 * Makes a signed stick with the real program, unless there is one of the sources as they are now. Builds the program
 * and the images first where they are missing or stale, so it works in a fresh clone.
 */
export async function ensureStick(options: ProductOptions = {}): Promise<StickFixture> {
  const helm = await helmProgram();
  return await withProduct(options, async (stamp) => {
    const home = join(STICKS, stamp);
    if ((await stat(home).catch(() => undefined)) === undefined) await make(home, helm, options);
    return await describe(home, helm);
  });
}

async function make(home: string, helm: string, { signal, onProgress }: ProductOptions): Promise<void> {
  const work = `${home}.making`;
  await rm(work, { recursive: true, force: true });
  await mkdir(work, { recursive: true });
  const program = join(work, 'skerry');
  await link(join(PROJECT, 'dist', 'skerry'), program);
  const limits = { signal, timeout: CREATE_MILLISECONDS, cwd: PROJECT };
  const key = join(work, 'vendor.key');
  await command(program, ['key', 'generate', key], limits);
  onProgress?.('making a stick');
  const release = join(PROJECT, 'manifests/release.yaml');
  const given = ['--key', key, '--helm', helm];
  await command(program, ['bundle', 'create', release, '-o', join(work, 'stick'), ...given], limits);
  await rename(work, home);
  await dropOld();
}

async function describe(home: string, helm: string): Promise<StickFixture> {
  const folder = join(home, 'stick');
  const name = (await readdir(folder)).find((file) => file.endsWith('.bundle.tar'));
  if (name === undefined) throw new Error(`no bundle in ${folder}`);
  return {
    folder,
    bundle: join(folder, name),
    keyPath: join(home, 'vendor.key'),
    publicKeyPath: join(home, 'vendor.pub'),
    program: join(home, 'skerry'),
    helm,
  };
}

async function dropOld(): Promise<void> {
  const names = await readdir(STICKS);
  const made = await Promise.all(
    names.map(async (name) => ({ name, time: (await stat(join(STICKS, name))).mtimeMs })),
  );
  const old = made.sort((a, b) => b.time - a.time).slice(1 + KEPT);
  for (const { name } of old) await rm(join(STICKS, name), { recursive: true, force: true });
}
