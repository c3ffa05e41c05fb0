import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { Browser, CDPSession, Page } from 'playwright-core';
import type { ClusterStatus } from '../../platform/api/cluster.ts';
import { API_VERSION } from '../../platform/api/group.ts';
import { consoleFiles } from '../../platform/hub/console/console-files.ts';
import { serveConsole } from '../../platform/hub/console/serve-console.ts';
import { type ScriptedHub, startScriptedHub } from '../../platform/hub/testing/scripted-hub.ts';
import { openTab, startBrowser, type Tab } from '../console/browser.ts';

const PROJECT = 'harbour';
const CLUSTERS = 1_000;
/** What a page of the list has. */
const PAGE = 100;
/** The hub writes down of each cluster once a minute that it was heard of. */
const MINUTES = 60;
/** One of so many is not well in each minute: lists are read again for that. */
const ILL_OF = 50;
/** Of what a browser holds once its garbage is gone, whatever happened before. */
const HEAP_BYTES = 50_000_000;
const USER = 'owner';

// The API server is a scripted one: a real one takes ten minutes for so many writes, and a browser sees the same of both.
describe('the console through an hour of a thousand clusters', { timeout: 900_000 }, () => {
  let hub: ScriptedHub;
  let browser: Browser;
  let tab: Tab;
  let ui: string;

  before(async () => {
    browser = await startBrowser();
    hub = await startScriptedHub({
      permits: () => true,
      serve: (server) => serveConsole(server, consoleFiles),
    });
    hub.cluster.put({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: PROJECT, labels: { 'skerry.dev/project': 'true' } },
    });
    for (let index = 0; index < CLUSTERS; index++)
      hub.cluster.put({
        apiVersion: API_VERSION,
        kind: 'Cluster',
        metadata: { name: nameOf(index), namespace: PROJECT },
        spec: { profiles: [{ name: 'base', version: '1.0.0' }] },
        status: statusAt(index, 0),
      });
    const url = await hub.server.listen({ host: 'localhost', port: 0 });
    ui = `${url.replace(/\/\/[^:]+/, '//localhost')}/ui/`;
    tab = await openTab(browser, ui);
    await tab.page.setExtraHTTPHeaders({ authorization: `Bearer ${USER}` });
    // This hub has no sessions: who asks is in each request.
    await answer(tab.page, '/auth/session', { user: USER, groups: [], via: 'bearer', ways: ['token'] });
    await answer(tab.page, '/auth/access', { rules: [{ verbs: ['*'], resources: ['*'] }] });
  });
  after(async () => {
    await browser?.close();
    await hub?.close();
  });

  test('holds little, and shows what was said last', async (t) => {
    const { page } = tab;
    await page.goto(`${ui}fleet?sort=name`);
    await page
      .locator('tbody tr')
      .nth(PAGE - 1)
      .waitFor();
    const session = await page.context().newCDPSession(page);
    await session.send('Performance.enable');
    await session.send('Network.enable');
    let received = 0;
    session.on('Network.dataReceived', ({ dataLength }) => {
      received += dataLength;
    });
    const heaps = [await heapOf(session)];
    const row = page.getByRole('row', { name: new RegExp(`^${nameOf(PAGE - 1)} `) });
    for (let minute = 1; minute <= MINUTES; minute++) {
      for (let index = 0; index < CLUSTERS; index++) {
        hear(index, minute);
        // The hub and its streams are in this process too.
        if (index % 20 === 0) await turn();
      }
      await row.getByText(`${minute}/${MINUTES}`, { exact: true }).waitFor();
      if (minute % 15 === 0) heaps.push(await heapOf(session));
    }
    const ill = page.getByRole('row', { name: new RegExp(`^${nameOf(MINUTES % ILL_OF)} `) });
    await ill.getByText('Degraded', { exact: true }).waitFor();
    await row.getByText('Ready', { exact: true }).waitFor();
    heaps.push(await heapOf(session));
    const said = heaps.map((bytes) => (bytes / 1_000_000).toFixed(1)).join(', ');
    t.diagnostic(
      `heap: ${said} MB before, each quarter of an hour, after; ` +
        `${CLUSTERS * MINUTES} changes, ${(received / 1_000_000).toFixed(0)} MB received`,
    );
    assert.ok(Math.max(...heaps) < HEAP_BYTES, said);
    assert.equal(await page.locator('tbody tr').count(), PAGE);
    assert.deepEqual([tab.foreign, tab.errors], [[], []]);
  });

  /** As the hub writes down that it has heard of a cluster. */
  function hear(index: number, minute: number): void {
    const { objects } = hub.cluster;
    const found = objects.find(`Cluster.skerry.dev ${PROJECT}/${nameOf(index)}`);
    assert.ok(found !== undefined);
    objects.replace({ ...found, status: statusAt(index, minute) });
  }
});

function statusAt(index: number, minute: number): ClusterStatus {
  return {
    phase: index % ILL_OF === minute % ILL_OF ? 'Degraded' : 'Ready',
    observedGeneration: 1,
    agent: {
      seen: new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString(),
      version: '0.1.0',
      transport: 'network',
    },
    kubernetes: 'v1.34.4',
    nodes: { ready: minute, total: MINUTES },
  };
}

async function heapOf(session: CDPSession): Promise<number> {
  await session.send('HeapProfiler.collectGarbage');
  const { metrics } = await session.send('Performance.getMetrics');
  return metrics.find(({ name }) => name === 'JSHeapUsedSize')?.value ?? assert.fail();
}

async function answer(page: Page, path: string, body: object): Promise<void> {
  await page.route(
    (url) => url.pathname === path,
    async (route) => await route.fulfill({ json: body }),
  );
}

function nameOf(index: number): string {
  return `edge-${String(index).padStart(4, '0')}`;
}
