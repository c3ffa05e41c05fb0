import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { KubeObject } from '../../apply/object.ts';
import { ScriptedApiServer } from '../../apply/testing/api-server.ts';
import { isSkerryError } from '../../content/error.ts';
import { testFolder } from '../../content/testing/folder.ts';
import { newAttempts, outsideAttempts } from './outside-attempts.ts';
import { PullWatch } from './pull-watch.ts';
import { missedRequests } from './request-log.ts';
import { Seals } from './seals.ts';

let server: ScriptedApiServer;
const signal = AbortSignal.timeout(60_000);

before(async () => {
  server = await ScriptedApiServer.start();
});
after(async () => await server.close());

test('an image asked for elsewhere is seen by pod and by event, and what was there before is not told', async () => {
  server.put(pod('old', 'docker.io/library/old:1'));
  const watch = await PullWatch.begin(server.client(), signal);
  server.put(pod('good', 'localhost:31999/acme/web@sha256:1'), pod('bad', 'quay.io/acme/web:1'));
  server.put(event('gone', 'Back-off pulling image "ghcr.io/acme/gone:2"'));
  server.put({
    ...pod('pull-1', 'localhost:32075/acme/pause@sha256:1'),
    metadata: { name: 'pull-1', namespace: 'skerry-preflight-1' },
  });
  const foreign = await watch.end(signal);
  assert.deepEqual(foreign.map(({ image }) => image).sort(), ['ghcr.io/acme/gone:2', 'quay.io/acme/web:1']);
  assert.equal(watch.images, 1);
});

test('requests for what is not in the bundle are told; questions whether there is a signature are not', async () => {
  const path = join(await testFolder('requests'), 'log');
  const line = (status: number, asked: string) =>
    JSON.stringify({ event: 'request', method: 'GET', path: asked, status });
  const hex = 'a'.repeat(64);
  const lines = [
    line(200, '/v2/acme/web/manifests/1'),
    line(404, '/v2/acme/other/manifests/1'),
    line(404, '/v2/acme/other/manifests/1'),
    line(404, `/v2/acme/web/manifests/sha256-${hex}.sig`),
    line(404, `/v2/acme/web/referrers/sha256:${hex}`),
    'no JSON',
  ];
  await writeFile(path, lines.join('\n'));
  assert.deepEqual(await missedRequests(path), {
    requests: 5,
    missed: ['GET /v2/acme/other/manifests/1'],
  });
  assert.deepEqual(await missedRequests(`${path}.none`), { requests: 0, missed: [] });
});

test('what tried to leave is what came since, also where lines repeat; a command that fails is no silence', async () => {
  assert.deepEqual(newAttempts(['a', 'a'], ['a', 'a', 'a', 'b']), ['a', 'b']);
  assert.deepEqual(await outsideAttempts('printf "one\\n\\ntwo\\n"', signal), ['one', 'two']);
  await assert.rejects(outsideAttempts('exit 1', signal), (error) =>
    isSkerryError(error, 'REHEARSAL_FAILED'),
  );
});

test('the seals say what was watched and what was not, and break at anything from elsewhere', async () => {
  const requestLog = join(await testFolder('seals'), 'log');
  const input = { client: server.client(), requestLog, outsideCommand: undefined, signal };
  const watched = await (await Seals.begin(input)).end();
  assert.deepEqual(
    watched.map(({ isWatched }) => isWatched),
    [true, true, false],
  );
  const count = join(await testFolder('outside'), 'count');
  const growing = `echo packet >> ${count}; cat ${count}`;
  const leaky = await Seals.begin({ ...input, outsideCommand: growing });
  await assert.rejects(leaky.end(), (error) => isSkerryError(error, 'REHEARSAL_FAILED'));
  const quiet = await Seals.begin({ ...input, outsideCommand: 'true' });
  assert.equal((await quiet.end()).at(-1)?.isWatched, true);
});

function pod(name: string, image: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'ours' },
    spec: { containers: [{ name: 'main', image }] },
  };
}

function event(name: string, message: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name, namespace: 'ours' },
    involvedObject: { kind: 'Pod', namespace: 'ours', name },
    message,
  };
}
