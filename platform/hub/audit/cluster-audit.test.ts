import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';
import { systemClock } from '../../../apply/clock.ts';
import { ScriptedApiServer } from '../../../apply/testing/api-server.ts';
import { isSkerryError } from '../../../content/error.ts';
import { markOf } from '../../desired/events.ts';
import type { AgentEvent } from '../../desired/report.ts';
import type { AgentIdentity } from '../door/ports.ts';
import { auditedEvents } from './audited-events.ts';
import { type ClusterAudit, startAudit } from './cluster-audit.ts';
import { fleetStream, goneStream } from './fleet-stream.ts';
import { entriesOf, MAX_PAGE_BYTES } from './page.ts';
import { verifyAuditFiles } from './run-audit-verify.ts';

interface Site {
  readonly server: ScriptedApiServer;
  readonly audit: (maxPages?: number, maxWaiting?: number) => ClusterAudit;
  /** Writes that failed. */
  readonly errors: unknown[];
}

async function start(t: TestContext): Promise<Site> {
  const server = await ScriptedApiServer.start();
  const stop = new AbortController();
  t.after(() => {
    stop.abort();
    return server.close();
  });
  server.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'hub' } });
  const errors: unknown[] = [];
  const audit = (maxPages?: number, maxWaiting?: number) =>
    startAudit({
      client: server.client(),
      namespace: 'hub',
      signal: stop.signal,
      clock: systemClock,
      now: () => new Date(0),
      log: () => undefined,
      onError: (error) => void errors.push(error),
      maxPages,
      maxWaiting,
      everyMs: 0,
    });
  return { server, audit, errors };
}

function entry(subject: string) {
  return { actor: 'ada', action: 'create', subject, outcome: 'done' } as const;
}

const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });

function agent(name: string): AgentIdentity {
  return { project: 'p', name, key: 'SHA256:key', publicKey };
}

function events(from: number, to: number, kind: AgentEvent['kind'] = 'corrected'): AgentEvent[] {
  return Array.from({ length: to - from + 1 }, (_, index) => ({
    number: from + index,
    at: new Date(0).toISOString(),
    kind,
    subject: `layer ${from + index}`,
    previous: '',
  }));
}

async function subjectsOf(audit: ClusterAudit): Promise<string[]> {
  return (await audit.pages()).flatMap((page) => entriesOf(page)).map(({ subject }) => subject);
}

async function verify(t: TestContext, text: string) {
  const folder = await mkdtemp(join(tmpdir(), 'skerry-audit-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, 'audit.jsonl');
  await writeFile(path, text);
  return await verifyAuditFiles([path]);
}

async function textOf(audit: ClusterAudit): Promise<string> {
  return (await audit.pages()).map(({ text }) => text).join('');
}

suite("the hub's audit", () => {
  test('is one chain, and says when any of it was changed', async (t) => {
    const audit = (await start(t)).audit();
    await Promise.all(['a', 'b', 'c'].map((name) => audit.record(entry(name))));
    assert.deepEqual(await subjectsOf(audit), ['audit', 'a', 'b', 'c']);
    const text = await textOf(audit);
    assert.equal((await verify(t, text)).records, 4);
    await assert.rejects(verify(t, text.replace('"subject":"b"', '"subject":"x"')), { code: 'AUDIT_BROKEN' });
    await assert.rejects(verify(t, text.split('\n').toSpliced(1, 1).join('\n')), { code: 'AUDIT_BROKEN' });
    await assert.rejects(verify(t, text.slice(0, -20)), { code: 'AUDIT_BROKEN' });
    await assert.rejects(verify(t, ''), { code: 'AUDIT_EMPTY' });
    await assert.rejects(verifyAuditFiles(['/nowhere/audit']), { code: 'AUDIT_FILE_UNUSABLE' });
  });

  test('several hubs that write at once make one chain, with every line once', async (t) => {
    const { audit: make } = await start(t);
    const hubs = [make(), make(), make()];
    const names = Array.from({ length: 300 }, (_, n) => `${n}`.padEnd(200, '.'));
    await Promise.all(names.map((name, n) => hubs[n % 3]?.record(entry(name))));
    const audit = make();
    const pages = await audit.pages();
    assert.ok(pages.length > 2);
    assert.ok(pages.every(({ text }) => Buffer.byteLength(text) <= MAX_PAGE_BYTES));
    const own = new Set(names);
    assert.deepEqual((await subjectsOf(audit)).filter((subject) => own.has(subject)).sort(), names.sort());
    await verify(t, await textOf(audit));
  });

  test('a page that others change all the time is tried again, and nothing is lost', async (t) => {
    const { server, audit: make, errors } = await start(t);
    const audit = make();
    await audit.record(entry('a'));
    server.fail({ method: 'PUT', path: /configmaps/, times: 50, how: { status: 409 } });
    await audit.record(entry('b'));
    assert.deepEqual(
      errors.map((error) => isSkerryError(error) && error.code),
      ['AUDIT_CONTESTED', 'AUDIT_CONTESTED'],
    );
    assert.deepEqual(await subjectsOf(audit), ['audit', 'a', 'b']);
    await verify(t, await textOf(audit));
  });

  test('a write whose answer is lost is not repeated, and one that fails is tried again', async (t) => {
    const { server, audit: make } = await start(t);
    const audit = make();
    await audit.recordAll([]);
    await audit.record(entry('a'));
    server.fail({ method: 'PUT', path: /skerry-audit/, how: 'cut-after', times: 1 });
    await audit.record(entry('b'));
    server.fail({ method: 'PUT', path: /skerry-audit/, how: { status: 500 }, times: 3 });
    await audit.record(entry('c'));
    assert.deepEqual(await subjectsOf(audit), ['audit', 'a', 'b', 'c']);
  });

  test("each of an agent's events is there once, whichever hub brings it and however often", async (t) => {
    const { audit: make } = await start(t);
    const audit = make();
    const [one, other] = [auditedEvents(audit), auditedEvents(make())];
    await one.append(agent('c'), events(1, 2), 0);
    assert.equal((await other.last(agent('c'))).number, 2);
    await other.append(agent('c'), events(1, 3), 0);
    await Promise.all([one, other].map(async (hub) => await hub.append(agent('c'), events(2, 4), 0)));
    await auditedEvents(make()).append(agent('c'), events(2, 2), 0);
    assert.deepEqual(await one.last(agent('c')), markOf(events(4, 4)[0] ?? assert.fail()));
    await other.append(agent('d'), events(1, 1), 0);
    const subjects = (await subjectsOf(audit)).slice(1);
    assert.deepEqual(subjects, [...[1, 2, 3, 4].map((n) => `p/c: layer ${n}`), 'p/d: layer 1']);
  });

  test('however many ask for marks at once, few looks answer them, each at what others wrote before', async (t) => {
    const { server, audit: make } = await start(t);
    const [one, other] = [auditedEvents(make()), auditedEvents(make())];
    await one.append(agent('c'), events(1, 1), 0);
    await other.append(agent('c'), events(1, 2), 0);
    const before = server.calls.length;
    const marks = await Promise.all(Array.from({ length: 500 }, async () => await one.last(agent('c'))));
    assert.ok(marks.every(({ number }) => number === 2));
    assert.ok(server.calls.length - before < 10, `${server.calls.length - before} calls`);
  });

  test("an agent's everyday work is one line for all that comes together, and nothing else is", async (t) => {
    const audit = (await start(t)).audit();
    const sink = auditedEvents(audit);
    const work = [...events(1, 1, 'accepted'), ...events(2, 21, 'applied'), ...events(22, 22, 'drift')];
    await sink.append(agent('c'), [...work, ...events(23, 24, 'applied')], 0);
    const lines = (await audit.pages()).flatMap((page) => entriesOf(page)).slice(1);
    assert.deepEqual(
      lines.map(({ action, event }) => [action, event?.number]),
      [
        ['agent-applied', 21],
        ['agent-drift', 22],
        ['agent-applied', 24],
      ],
    );
    assert.match(lines[0]?.detail ?? '', /^events 1 to 21: accepted layer 1, applied layer 2,/);
    assert.deepEqual(
      await sink.last(agent('c')),
      markOf(work.concat(events(23, 24, 'applied')).at(-1) ?? assert.fail()),
    );
  });

  test('what an agent has lost is said once', async (t) => {
    const audit = (await start(t)).audit();
    const sink = auditedEvents(audit);
    await sink.append(agent('c'), events(1, 1), 0);
    await sink.append(agent('c'), events(5, 6), 3);
    await sink.append(agent('c'), events(5, 7), 3);
    const actions = (await audit.pages()).flatMap((page) => entriesOf(page)).map(({ action }) => action);
    assert.equal(actions.filter((action) => action === 'agent-gap').length, 1);
    assert.equal(actions.filter((action) => action === 'agent-corrected').length, 4);
  });

  test('the oldest pages leave at the limit, which the chain says, and events stay known', async (t) => {
    const { audit: make } = await start(t);
    const audit = make(8);
    const agents = Array.from({ length: 150 }, (_, n) => agent(`c${n}`));
    await Promise.all(agents.map(async (one) => await auditedEvents(audit).append(one, events(1, 1), 0)));
    for (let n = 0; n < 20; n++)
      await Promise.all(Array.from({ length: 80 }, () => audit.record(entry('x'.repeat(450)))));
    const pages = await audit.pages();
    // The page that is begun by saying so may be one too many until the next.
    assert.ok(pages.length <= 9 && (pages[0]?.number ?? 0) > 1, `${pages.length} pages`);
    assert.ok(pages.every(({ text }) => Buffer.byteLength(text) <= MAX_PAGE_BYTES));
    assert.ok(pages.flatMap((page) => entriesOf(page)).some(({ action }) => action === 'drop-pages'));
    assert.notEqual((await verify(t, await textOf(audit))).after, undefined);
    const later = auditedEvents(make(8));
    for (const one of agents) assert.equal((await later.last(one)).number, 1);
  });

  test('what is remembered of an object leaves with the pages once the object is gone', async (t) => {
    const { audit: make } = await start(t);
    const audit = make(8);
    const [stays, goes] = [fleetStream('key', 'uid-1', 'p/stays'), fleetStream('key', 'uid-2', 'p/goes')];
    const told = [stays, goes, goneStream('uid-2')];
    for (const stream of told) await audit.record({ ...entry('x'), event: { stream, number: 1, hash: 'x' } });
    assert.deepEqual(await audit.streams(), told);
    for (let n = 0; n < 20; n++)
      await Promise.all(Array.from({ length: 80 }, () => audit.record(entry('x'.repeat(450)))));
    const kept = await make(8).streams();
    assert.deepEqual(kept, [stays]);
  });

  test('what the cluster does not take waits up to a limit, and then it is said', async (t) => {
    const { server, audit: make } = await start(t);
    server.fail({ path: /configmaps/, how: { status: 500 }, times: 1_000_000 });
    const audit = make(undefined, 2000);
    const waiting = Array.from({ length: 2000 }, (_, n) =>
      audit.record(entry(`${n}`)).catch(() => undefined),
    );
    await assert.rejects(audit.record(entry('one more')), { code: 'AUDIT_FULL' });
    server.mend();
    await Promise.all(waiting);
    assert.equal((await subjectsOf(audit)).length > 2000, true);
  });

  test('a text of any length and any letters makes a line that a page takes', async (t) => {
    const audit = (await start(t)).audit();
    const nasty = '\u0000\u{1f600}"\\\n'.repeat(5000);
    await audit.record({ ...entry(nasty), actor: nasty, action: nasty, detail: nasty, code: nasty });
    assert.equal((await verify(t, await textOf(audit))).records, 2);
  });
});
