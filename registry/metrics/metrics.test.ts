import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { DiskMeasure } from '../store/files/disk-measure.ts';
import { openServedStore } from '../store/open.ts';
import { blobOf, openUpload, pushBlob } from '../testing/content.ts';
import { startRegistry, type TestRegistry } from '../testing/registry.ts';
import { Metrics } from './metrics.ts';

const SPACE: DiskMeasure = { free: 1000, size: 10_000, freeFiles: 0, files: 0 };

test('requests are counted by method, endpoint and class of status, without a name in sight', async (context) => {
  const registry = await startRegistry(context, { backend: 'served' });
  const blob = blobOf('layer', 100_000);
  await pushBlob(registry, 'secret-team/secret-app', blob);
  const path = `/v2/secret-team/secret-app/blobs/${blob.digest}`;
  for (let round = 0; round < 3; round++) await registry.send('GET', path);
  await registry.send('GET', '/v2/secret-team/none/manifests/v1');
  await registry.send('BREW', '/v2/');
  await registry.send('GET', '/nowhere');
  const { values, text } = await scrape(registry);
  const requests = (labels: string) => values.get(`skerry_registry_requests_total{${labels}}`);
  assert.equal(requests('method="GET",endpoint="blob",status="2xx"'), 3);
  assert.equal(requests('method="POST",endpoint="upload-start",status="2xx"'), 1);
  assert.equal(requests('method="GET",endpoint="manifest",status="4xx"'), 1);
  assert.equal(requests('method="GET",endpoint="none",status="4xx"'), 1);
  assert.equal(values.get('skerry_registry_request_duration_seconds_count{method="GET",endpoint="blob"}'), 3);
  assert.ok((values.get('skerry_registry_received_bytes_total') ?? 0) > 100_000);
  assert.ok((values.get('skerry_registry_sent_bytes_total') ?? 0) > 300_000);
  assert.equal(values.get('skerry_registry_requests_in_flight'), 1, 'the scrape itself');
  assert.equal(values.get('skerry_registry_malformed_requests_total'), 1, 'a method that is none');
  assert.doesNotMatch(text, /secret/);
});

test('what was moved counts while the request is under way', async (context) => {
  const registry = await startRegistry(context, { backend: 'served' });
  const upload = await openUpload(registry, 'app');
  const before = (await scrape(registry)).values.get('skerry_registry_received_bytes_total') ?? 0;
  const socket = connect(registry.port, '127.0.0.1');
  context.after(() => socket.destroy());
  socket.write(`PATCH ${upload} HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n`);
  socket.write(Buffer.alloc(500_000));
  let moved = 0;
  while (moved < 500_000) {
    const { values } = await scrape(registry);
    moved = (values.get('skerry_registry_received_bytes_total') ?? 0) - before;
    if (moved > 500_000) {
      assert.equal(values.get('skerry_registry_requests_in_flight'), 2);
      assert.equal(values.get('skerry_registry_uploads_open'), 1);
    }
  }
});

test('the store, its disk and what becomes of pushes are told', async (context) => {
  const registry = await startRegistry(context, {
    backend: 'served',
    diskSpace: { keepFree: 300, measure: async () => SPACE },
  });
  const blob = blobOf('layer', 400);
  await pushBlob(registry, 'app', blob);
  await pushBlob(registry, 'other', blob);
  const full = await registry.send('POST', `/v2/app/blobs/uploads/?digest=${blob.digest}`, {
    body: blobOf('large', 900).bytes,
  });
  assert.equal(full.status, 507);
  const { values } = await scrape(registry);
  const told = (name: string) => values.get(`skerry_registry_${name}`);
  assert.equal(told('store_blobs'), 1);
  assert.equal(told('store_bytes'), 400);
  assert.equal(told('store_rotten_blobs'), 0);
  assert.equal(told('disk_size_bytes'), 10_000);
  assert.equal(told('disk_free_bytes'), 1000);
  assert.equal(told('disk_kept_free_bytes'), 300);
  assert.equal(told('no_room_total'), 1);
  assert.equal(told('writes_accepted'), 1);
});

test('a rotten blob is told until it is repaired', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'skerry-metrics-'));
  const store = await openServedStore(folder);
  context.after(async () => {
    await store.close();
    await rm(folder, { recursive: true, force: true });
  });
  const registry = await startRegistry(context, { store, uploads: join(folder, '.uploads') });
  const blob = blobOf('layer', 400);
  await pushBlob(registry, 'app', blob);
  await store.quarantine(blob.digest, 'for a test');
  assert.equal((await store.measure()).rotten, 1);
  const { values } = await scrape(registry);
  assert.equal(values.get('skerry_registry_store_rotten_blobs'), 1);
  await pushBlob(registry, 'app', blob);
  assert.deepEqual(await store.measure(), { blobs: 1, bytes: 400, rotten: 0 });
});

test('each registry counts for itself', async (context) => {
  const [one, two] = [await startRegistry(context), await startRegistry(context)];
  await one.send('GET', '/v2/');
  const name = 'skerry_registry_requests_total{method="GET",endpoint="base",status="2xx"}';
  assert.equal((await scrape(one)).values.get(name), 1);
  assert.equal((await scrape(two)).values.get(name), undefined);
});

test('logins are counted as the audit log is told of them', async () => {
  const metrics = new Metrics();
  const lines: unknown[] = [];
  const audit = metrics.logins.counting({
    record: async (entry) => {
      lines.push(entry);
    },
  });
  for (const result of ['refused', 'refused', 'done'] as const)
    await audit.record({ action: 'login', result, user: 'ada' });
  await audit.record({ action: 'push-blob', result: 'done' });
  assert.equal(lines.length, 4);
  const values = valuesIn(await metrics.text());
  assert.equal(values.get('skerry_registry_logins_total{result="refused"}'), 2);
  assert.equal(values.get('skerry_registry_logins_total{result="done"}'), 1);
});

test('garbage collection and the scrub have counters of their own', async () => {
  const metrics = new Metrics();
  const { collection, scrub } = metrics.jobs;
  const times = ['garbage_collection_last_done', 'scrub_last_finished'];
  const timesTold = async () => {
    const told = valuesIn(await metrics.text());
    return times.map((name) => told.get(`skerry_registry_${name}_timestamp_seconds`));
  };
  assert.deepEqual(await timesTold(), [undefined, undefined], 'not known, and not 1970');
  collection.remember?.(1_700_000_000_000);
  scrub.remember?.(1_700_000_001_000);
  assert.deepEqual(await timesTold(), [1_700_000_000, 1_700_000_001]);
  collection.collected({ blobs: 3, bytes: 5000 });
  collection.failed();
  scrub.checked({ bytes: 100 });
  scrub.rotten();
  scrub.repaired();
  scrub.finished();
  const values = valuesIn(await metrics.text());
  const told = (name: string) => values.get(`skerry_registry_${name}`);
  assert.equal(told('garbage_collections_total{result="done"}'), 1);
  assert.equal(told('garbage_collections_total{result="failed"}'), 1);
  assert.equal(told('garbage_freed_bytes_total'), 5000);
  assert.equal(told('scrub_checked_bytes_total'), 100);
  assert.equal(told('scrub_rotten_blobs_total'), 1);
  assert.equal(told('scrub_repaired_blobs_total'), 1);
  assert.ok((told('scrub_last_finished_timestamp_seconds') ?? 0) > 1_600_000_000);
});

test('a process tells of its memory and its event loop', async () => {
  const values = valuesIn(await new Metrics({ process: true }).text());
  assert.ok((values.get('process_resident_memory_bytes') ?? 0) > 0);
  assert.ok(values.has('nodejs_eventloop_lag_p99_seconds'));
});

async function scrape(registry: TestRegistry) {
  const { status, body, headers } = await registry.send('GET', '/metrics');
  assert.equal(status, 200);
  assert.match(headers['content-type'] ?? '', /^text\/plain; version=0\.0\.4/);
  const text = body.toString();
  return { text, values: valuesIn(text) };
}

function valuesIn(text: string): Map<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [
      line.slice(0, line.lastIndexOf(' ')),
      Number(line.slice(line.lastIndexOf(' ') + 1)),
    ]),
  );
}
