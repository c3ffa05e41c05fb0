import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { enterNetwork } from '../cluster/network/network.ts';
import { skerry } from '../install/installer-run.ts';
import { serveRegistryOf } from '../registry/process.ts';
import type { ReleaseVersion } from './releases.ts';
import type { UpgradeSite } from './upgrade-site.ts';

const Published = z.looseObject({ rootFingerprint: z.string() });

/** A registry with releases and their channel, which the workstation reaches, and the cluster does not. */
export interface ChannelSite extends AsyncDisposable {
  readonly url: string;
  /** Of the channel's root. */
  readonly fingerprint: string;
}

/** Puts releases into a registry, each reachable from the one before it alone. */
export async function serveChannel(
  site: UpgradeSite,
  versions: readonly ReleaseVersion[],
): Promise<ChannelSite> {
  const { cluster } = site;
  const folder = await mkdtemp(join(tmpdir(), 'skerry-channel-site-'));
  const first = site.stick(versions[0] ?? '1.0.0');
  const run = async (...args: string[]) => await skerry(cluster, first, args, { env: { HOME: folder } });
  const [enter, args] = enterNetwork(cluster.workstation.network);
  const program = [enter, ...args, first.program] as const;
  const registry = await serveRegistryOf(program, ['--store', join(folder, 'store')]);
  const close = async () => {
    await registry[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const url = `http://${registry.host}`;
    const channel = join(folder, 'channel');
    const key = ['--key', first.keyPath];
    await run('channel', 'init', channel, '--product', 'skerry', '--key', first.publicKeyPath);
    for (const [index, version] of versions.entries()) {
      const before = versions[index - 1];
      const from = before === undefined ? 'none' : before;
      await run('channel', 'add', channel, site.stick(version).folder, '--from', from, '--stable');
      await run('copy', site.stick(version).bundle, url);
    }
    await run('channel', 'sign', channel, ...key);
    const said = await run('channel', 'publish', channel, ...key, '--to', url, '--output', 'json');
    const { rootFingerprint } = Published.parse(JSON.parse(said));
    return { url, fingerprint: rootFingerprint, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}
