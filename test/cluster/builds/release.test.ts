import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { create } from 'tar';
import { isSkerryError } from '../../../content/error.ts';
import { checksumIn, downloadRelease, ReleaseHosts } from './release.ts';

const PROGRAM = '#!/bin/sh\necho hello\n';

describe('an official release', () => {
  const files = new Map<string, Buffer>();
  let requests = 0;
  let server: Server;
  let base: string;
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'skerry-release-'));
    server = createServer((request, response) => {
      requests += 1;
      const file = files.get(request.url ?? '');
      response.writeHead(file === undefined ? 404 : 200).end(file);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const address = server.address();
    base = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
    await writeFile(join(folder, 'tool'), PROGRAM);
    publish('/tool', Buffer.from(PROGRAM));
    publish('/tool.tar.gz', await buffer(create({ cwd: folder, gzip: true, prefix: 'linux' }, ['tool'])));
  });

  after(async () => {
    server.close();
    await rm(folder, { recursive: true });
  });

  function publish(path: string, content: Buffer) {
    files.set(path, content);
    const hash = createHash('sha256').update(content).digest('hex');
    files.set(`${path}.sha256`, Buffer.from(`${'0'.repeat(64)}  other\n${hash}  ${path.slice(1)}\n`));
  }

  const release = (path: string) => ({ url: `${base}${path}`, checksum: `${base}${path}.sha256` });

  it('is downloaded as it is', async () => {
    const path = await downloadRelease(release('/tool'), 'plain', folder);
    assert.equal(path, join(folder, 'plain'));
    assert.equal(await readFile(path, 'utf8'), PROGRAM);
  });

  it('is taken out of its archive', async () => {
    const path = await downloadRelease(
      { ...release('/tool.tar.gz'), member: 'linux/tool' },
      'packed',
      folder,
    );
    assert.equal(path, join(folder, 'packed'));
    assert.equal(await readFile(path, 'utf8'), PROGRAM);
  });

  it('is refused when its checksum is not the published one', async () => {
    files.set('/tool.sha256', Buffer.from('f'.repeat(64)));
    await assert.rejects(downloadRelease(release('/tool'), 'bad', folder), (error) =>
      isSkerryError(error, 'PROGRAM_CHECKSUM_MISMATCH'),
    );
  });

  it('is not there when it or its checksum was not published', async () => {
    assert.equal(await downloadRelease(release('/none'), 'none', folder), undefined);
    files.set('/unchecked', Buffer.from(PROGRAM));
    assert.equal(await downloadRelease(release('/unchecked'), 'none', folder), undefined);
  });

  it('is asked for only at hosts that answer, and each host is asked once', async () => {
    const hosts = new ReleaseHosts();
    const asked = requests;
    assert.equal(await hosts.reachable(`${base}/tool`), true);
    assert.equal(await hosts.reachable(`${base}/other`), true);
    assert.equal(requests, asked + 1);
    // Port 9 of loopback: nobody listens there.
    assert.equal(await hosts.reachable('http://127.0.0.1:9/tool'), false);
  });
});

describe('a published checksum', () => {
  const hash = 'a'.repeat(64);

  it('is found alone, beside its file, and in a list', () => {
    assert.equal(checksumIn(`${hash}\n`, 'tool'), hash);
    assert.equal(checksumIn(`${hash.toUpperCase()}  tool`, 'tool'), hash);
    assert.equal(checksumIn(`${'b'.repeat(64)}  other\n${hash} *./out/tool\n`, 'tool'), hash);
  });

  it('is never that of another file', () => {
    assert.equal(checksumIn(`${hash}  other\n`, 'tool'), undefined);
    assert.equal(checksumIn('<html>not found</html>', 'tool'), undefined);
  });
});
