import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { connect } from 'node:tls';
import { openAccess } from '../../../../registry/access/access.ts';
import type { LogRecord } from '../../../../registry/log.ts';
import { serveRegistry } from '../../../../registry/server/serve.ts';
import { testAuthority } from '../../../../registry/testing/authority.ts';
import { TestStore } from '../../../../registry/testing/store.ts';
import { openServeTls } from './serve-tls.ts';

async function folderFor(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'skerry-tls-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** The name in the certificate that a new connection is shown. */
function shownBy(port: number, ca: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', ca }, () => {
      resolve(String(socket.getPeerCertificate().subject.CN));
      socket.end();
    });
    socket.on('error', reject);
  });
}

test('a certificate that changes is taken over; a pair that is no good leaves the old one, and the log says so', async (t) => {
  const folder = await folderFor(t);
  const authority = await testAuthority();
  const [first, second] = [await authority.issue('first'), await authority.issue('second')];
  const [tlsCert, tlsKey] = [join(folder, 'tls.crt'), join(folder, 'tls.key')];
  await writeFile(tlsCert, first.cert);
  await writeFile(tlsKey, first.key);
  const events: LogRecord[] = [];
  const tls = await openServeTls({ tlsCert, tlsKey }, (record) => events.push(record));
  t.after(tls.close);
  const listen = { host: '127.0.0.1', port: 0 };
  const store = new TestStore();
  const registry = await serveRegistry({ store, access: openAccess, log: () => {}, listen, tls: tls.tls });
  t.after(() => registry.close({ drainMs: 0 }));
  tls.follow(registry);
  assert.equal(await shownBy(registry.port, authority.ca), 'first');
  await writeFile(tlsCert, second.cert);
  await tls.look();
  assert.equal(await shownBy(registry.port, authority.ca), 'first', 'the key is not its own yet');
  await writeFile(tlsKey, second.key);
  await tls.look();
  assert.equal(await shownBy(registry.port, authority.ca), 'second');
  assert.deepEqual(
    events.map(({ event }) => event),
    ['tls-kept', 'tls-read'],
  );
});

test('what belongs together is given together', async (t) => {
  const folder = await folderFor(t);
  const file = join(folder, 'file');
  await writeFile(file, '');
  for (const options of [{ tlsCert: file }, { tlsKey: file }, { clientCa: file }]) {
    await assert.rejects(
      openServeTls(options, () => {}),
      { code: 'USAGE' },
    );
  }
  assert.equal((await openServeTls({}, () => {})).tls, undefined);
});
