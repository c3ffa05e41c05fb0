import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '../../../apply/clock.ts';
import { ScriptedApiServer } from '../../../apply/testing/api-server.ts';
import { isSkerryError } from '../../../content/error.ts';
import { startScriptedHub } from '../testing/scripted-hub.ts';
import { hubAuditCommand } from './audit-command.ts';
import { auditRoutes } from './audit-routes.ts';
import { startAudit } from './cluster-audit.ts';
import { pagesOfHub } from './run-audit-export.ts';
import { verifyAuditFiles } from './run-audit-verify.ts';

const refusedWith = (code: string) => (error: unknown) => isSkerryError(error, code);

test('the audit comes out of the hub as it is in its cluster, all pages of it, and holds', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'skerry-audit-'));
  const server = await ScriptedApiServer.start();
  server.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'hub' } });
  const { signal } = new AbortController();
  const nothing = () => undefined;
  const audit = startAudit({
    ...{ client: server.client(), namespace: 'hub', signal, clock: systemClock },
    ...{ now: () => new Date(0), log: nothing, onError: nothing, everyMs: 0 },
  });
  const hub = await startScriptedHub({ permits: () => true, more: () => auditRoutes(audit) });
  t.after(async () => {
    await hub.close();
    await server.close();
    await rm(folder, { recursive: true });
  });
  const run = async (file: string) =>
    await hubAuditCommand({
      env: {},
      stdout: { write: () => true },
      withHub: async (_, work) => {
        const send = async ({ method, path }: { method: 'GET' | 'POST'; path: string }) => {
          const headers = { authorization: 'Bearer auditor' };
          return (await hub.server.inject({ method, url: path, headers })).json();
        };
        await work({ url: 'https://hub', project: () => '', send }, signal);
      },
    }).parseAsync(['export', '-o', file], { from: 'user' });
  const file = join(folder, 'a.jsonl');
  await assert.rejects(run(file), refusedWith('AUDIT_EMPTY'));
  const entry = {
    actor: 'alice',
    action: 'x'.repeat(60),
    subject: 's'.repeat(450),
    outcome: 'done',
  } as const;
  await audit.recordAll(Array.from({ length: 200 }, () => entry));
  const pages = await audit.pages();
  assert.ok(pages.length > 1);
  await run(file);
  assert.equal(await readFile(file, 'utf8'), pages.map(({ text }) => text).join(''));
  const { records } = await verifyAuditFiles([file]);
  assert.ok(records > 200);
  await assert.rejects(run(file), refusedWith('AUDIT_FILE_UNUSABLE'));
});

test('a hub that gives the same page again and again, or none, is not believed', async () => {
  const again = async () => ({ page: 1, lines: '', next: 1 });
  await assert.rejects(pagesOfHub(again, 'hub'), refusedWith('HUB_ANSWER_INVALID'));
  await assert.rejects(
    pagesOfHub(async () => 'no page', 'hub'),
    refusedWith('HUB_ANSWER_INVALID'),
  );
});
