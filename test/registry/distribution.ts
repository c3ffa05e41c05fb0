import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Distribution extends AsyncDisposable {
  readonly address: string;
}

/** CNCF Distribution over plain HTTP on a port of this machine; it keeps everything in a new folder. */
export async function serveDistribution(
  program: string,
  folder: string,
  { deletes = false }: { readonly deletes?: boolean } = {},
): Promise<Distribution> {
  await mkdir(folder);
  const port = await freePort();
  const configuration = join(folder, 'config.yml');
  await writeFile(
    configuration,
    JSON.stringify({
      version: '0.1',
      log: { level: 'error' },
      // Indexes of which only some platforms were mirrored are taken too.
      validation: { manifests: { indexes: { platforms: 'none' } } },
      storage: { filesystem: { rootdirectory: folder }, delete: { enabled: deletes } },
      http: { addr: `127.0.0.1:${port}` },
    }),
  );
  const server = spawn(program, ['serve', configuration], { stdio: 'ignore' });
  const ended = once(server, 'exit');
  // A test that gives up leaves no registry behind.
  const kill = () => void server.kill('SIGKILL');
  process.once('exit', kill);
  const address = `127.0.0.1:${port}`;
  const until = Date.now() + 30_000;
  while (
    !(await fetch(`http://${address}/v2/`).then(
      ({ ok }) => ok,
      () => false,
    ))
  ) {
    assert.ok(Date.now() < until, 'the registry does not answer within 30 s');
    await sleep(50);
  }
  return {
    address,
    [Symbol.asyncDispose]: async () => {
      process.off('exit', kill);
      server.kill('SIGTERM');
      await ended;
    },
  };
}

/** A port of this machine that nobody listens on right now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  assert.ok(typeof address === 'object' && address !== null);
  return address.port;
}
