import { access, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';

/** A containerd without the parts that a kubelet needs. */
export interface Containerd extends AsyncDisposable {
  readonly socket: string;
}

const STARTS_MS = 60_000;

/** Starts a containerd that keeps everything in `folder`. */
export async function startContainerd(program: string, folder: string): Promise<Containerd> {
  const socket = join(folder, 'socket');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'config.toml'), configuration(folder, socket));
  const daemon = execa(program, ['--config', join(folder, 'config.toml')], { all: true, reject: false });
  let ended = false;
  daemon.finally(() => {
    ended = true;
  });
  const stop = async () => {
    daemon.kill();
    await daemon;
  };
  for (const until = Date.now() + STARTS_MS; Date.now() < until && !ended; ) {
    if (await exists(socket)) return { socket, [Symbol.asyncDispose]: stop };
    await sleep(50);
  }
  await stop();
  throw new Error(`containerd did not start: ${(await daemon).all.slice(-4000)}`);
}

function configuration(folder: string, socket: string): string {
  const disabled = ['cri.v1.images', 'cri.v1.runtime', 'grpc.v1.cri', 'nri.v1.nri'];
  return [
    'version = 3',
    `root = '${join(folder, 'root')}'`,
    `state = '${join(folder, 'state')}'`,
    `disabled_plugins = [${disabled.map((name) => `'io.containerd.${name}'`).join(', ')}]`,
    '[grpc]',
    `address = '${socket}'`,
    '[ttrpc]',
    `address = '${socket}.ttrpc'`,
  ].join('\n');
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
