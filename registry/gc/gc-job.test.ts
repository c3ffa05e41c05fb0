import assert from 'node:assert/strict';
import { suite, type TestContext, test } from 'node:test';
import { digestOf } from '../../content/digest.ts';
import type { AuditEntry } from '../audit/audit.ts';
import type { LogRecord } from '../log.ts';
import { R, TestSite } from '../testing/gc-site.ts';
import { gcJob } from './gc-job.ts';
import { GcTrace } from './gc-trace.ts';

const INPUT = { plan: false, quarantine: false, keepUntagged: 0, rules: [], roots: [], by: 'ada' };

async function witnessed(context: TestContext) {
  const site = await TestSite.open(context);
  const entries: AuditEntry[] = [];
  const log: LogRecord[] = [];
  const audit = { record: async (entry: AuditEntry) => void entries.push(entry) };
  const job = gcJob({ audit, log: (record) => void log.push(record) });
  const collect = async (plan = false) => {
    const events = job.run(site.store, { ...INPUT, plan }, new AbortController().signal);
    return await Array.fromAsync(events);
  };
  return { site, entries, log, job, collect };
}

suite('the traces of a garbage collection', () => {
  test('name the manifests that it took, and sum up, in the audit log and the log', async (context) => {
    const { site, entries, log, collect } = await witnessed(context);
    await site.image('v1', ['stays']);
    const gone = await site.image('v2', ['goes']);
    await site.store.deleteTag(R, 'v2');
    await collect(true);
    assert.deepEqual([entries, log], [[], []], 'a plan takes nothing');
    await collect();
    const [manifest, sum, ...more] = entries;
    assert.deepEqual(more, []);
    assert.deepEqual(manifest, {
      action: 'collect-manifest',
      result: 'done',
      by: 'ada',
      repository: R,
      digest: gone.digest,
      tags: ['v2'],
      reason: 'deleted',
    });
    const { action, by, manifests, blobs, files, bytes } = sum ?? {};
    assert.deepEqual([action, by, manifests, blobs, files], ['collect', 'ada', 1, 1, 2]);
    assert.equal(bytes, gone.bytes.byteLength + 4);
    assert.deepEqual(
      log.map(({ event, manifests, by }) => [event, manifests, by]),
      [['garbage-collected', 1, 'ada']],
    );
    await collect();
    assert.equal(entries.length, 2, 'nothing was taken, nothing is written');
  });

  test('stay bounded, and say what they leave out', async (context) => {
    const site = await TestSite.open(context);
    const trace = new GcTrace(site.store);
    const manifests = Array.from({ length: 1010 }, (_, n) => ({
      digest: digestOf(`${n}`),
      tags: [],
      pushed: 0,
      why: 'replaced' as const,
    }));
    trace.add({ type: 'going', repository: R, manifests });
    trace.add({ type: 'done', manifests: 1010, blobs: 0, files: 1010, bytes: 5000 });
    const entries = trace.entries('ada');
    assert.equal(entries.length, 1001);
    assert.deepEqual([entries.at(-1)?.manifests, entries.at(-1)?.unnamed], [1010, 10]);
  });

  test('are left by one that is cut off', async (context) => {
    const { site, entries, log, job } = await witnessed(context);
    for (const repository of ['a', 'b']) {
      await site.image('v1', [repository], {}, repository);
      await site.store.deleteTag(repository, 'v1');
    }
    const stop = new AbortController();
    await assert.rejects(async () => {
      for await (const { type } of job.run(site.store, INPUT, stop.signal))
        if (type === 'progress') stop.abort();
    });
    assert.deepEqual(
      entries.map(({ action, repository }) => [action, repository]),
      [
        ['collect-manifest', 'a'],
        ['collect', undefined],
      ],
    );
    assert.equal(log[0]?.cutOff, true);
  });

  test('that can’t be written are a failure, and not a collection that is told as done', async (context) => {
    const { site } = await witnessed(context);
    await site.image('v1', ['goes']);
    await site.store.deleteTag(R, 'v1');
    const job = gcJob({ audit: { record: async () => await Promise.reject(new Error('no room')) } });
    const types: string[] = [];
    await assert.rejects(
      async () => {
        for await (const { type } of job.run(site.store, INPUT, new AbortController().signal))
          types.push(type);
      },
      { code: 'REGISTRY_AUDIT_UNUSABLE' },
    );
    assert.ok(!types.includes('done'));
  });

  test('there are none in a registry that changes nothing: it plans, and collects nothing', async (context) => {
    const { site } = await witnessed(context);
    const job = gcJob({ readOnly: true });
    const run = async (plan: boolean) =>
      await Array.fromAsync(job.run(site.store, { ...INPUT, plan }, new AbortController().signal));
    assert.equal((await run(true)).at(-1)?.type, 'planned');
    await assert.rejects(run(false), { code: 'REGISTRY_READ_ONLY' });
  });
});
