import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { KubeClient } from '../../apply/client/client.ts';
import { connectCluster } from '../../apply/client/kube.ts';
import type { Helm } from '../../apply/helm/helm.ts';
import type { PublicKey } from '../../bundle/key.ts';
import { openReleaseBundle, type ReleaseBundle, type ReleaseInBundle } from '../../bundle/release-bundle.ts';
import { installerError } from '../errors.ts';
import { findHelm, openHelm } from '../stick/helm-program.ts';
import { findInstallable, type Stick, takeHostTool } from '../stick/stick.ts';
import type { ClusterOptions } from '../terminal/cli-options.ts';

/** Options of an installation that a rehearsal passes on. */
export interface SiteOptions extends ClusterOptions {
  readonly storageClass?: string | undefined;
  readonly storageSize?: string | undefined;
  readonly address?: string | undefined;
  readonly helm?: string | undefined;
}

export interface StickSide {
  readonly stick: Stick;
  readonly bundle: ReleaseInBundle;
}

/** Two verified releases of one product, and all that a rehearsal with them needs. */
export interface ReleasePair {
  readonly old: StickSide;
  readonly new: StickSide;
  /** A file with the key that both were verified with. */
  readonly keyPath: string;
  readonly client: KubeClient;
  readonly helm: Helm;
  /** The program that it is. */
  readonly helmPath: string;
  /** The environment that the program is run with. */
  readonly env: NodeJS.ProcessEnv;
  close(): Promise<void>;
}

export interface PairInput {
  readonly paths: { readonly old: string; readonly new: string };
  readonly key: PublicKey;
  readonly kubeconfig: string;
  readonly options: SiteOptions;
  /** A folder of which the caller takes care. */
  readonly scratch: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

/** Verifies both sticks. Throws what opening a bundle throws, and USAGE for a pair that can't be one. */
export async function openPair(input: PairInput): Promise<ReleasePair> {
  const { key, scratch, env, options, kubeconfig, signal } = input;
  const old = await openSide(input.paths.old, key, signal);
  try {
    const next = await openSide(input.paths.new, key, signal);
    try {
      checkPair(old.bundle, next.bundle);
      const keyPath = join(scratch, 'trusted.pub');
      await writeFile(keyPath, key.pem);
      const program = await helmOf(next, options, scratch, env);
      const context = { kubeconfig, context: options.context };
      return {
        ...{ old, new: next, keyPath, helmPath: program },
        client: await connectCluster({ path: kubeconfig, context: options.context }),
        helm: openHelm(program, join(scratch, 'helm-home'), env, context),
        env: { ...env, SKERRY_HELM: program },
        close: async () => {
          await old.bundle.store.close();
          await next.bundle.store.close();
        },
      };
    } catch (error) {
      await next.bundle.store.close();
      throw error;
    }
  } catch (error) {
    await old.bundle.store.close();
    throw error;
  }
}

async function openSide(path: string, key: PublicKey, signal: AbortSignal): Promise<StickSide> {
  const stick = await findInstallable(path);
  return { stick, bundle: await openReleaseBundle(stick.bundle, key, { signal }) };
}

function checkPair(old: ReleaseBundle, next: ReleaseBundle): void {
  const same = old.address.digest === next.address.digest;
  if (!same && old.release.name === next.release.name) return;
  throw installerError('USAGE', {
    subject: `${old.release.name} ${old.release.version} and ${next.release.name} ${next.release.version}`,
    detail: same ? 'both are the same release' : 'they are releases of two products',
  });
}

async function helmOf(
  { stick, bundle: { release } }: StickSide,
  { helm }: SiteOptions,
  scratch: string,
  env: NodeJS.ProcessEnv,
): Promise<string> {
  const tool = release.hostTools.find(({ name }) => name === 'helm');
  if (helm !== undefined || tool === undefined) return await findHelm(helm, env);
  return await takeHostTool(stick, tool, join(scratch, 'tools'));
}
