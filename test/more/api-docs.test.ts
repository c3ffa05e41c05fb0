import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { docsFiles } from '../../platform/hub/api-docs/docs-files.ts';
import { serveDocs } from '../../platform/hub/api-docs/serve-docs.ts';
import { type ScriptedHub, startScriptedHub } from '../../platform/hub/testing/scripted-hub.ts';
import { openTab, startBrowser } from '../console/browser.ts';

describe('the page of the API, in a browser', () => {
  let hub: ScriptedHub;
  let browser: Browser;
  let url: string;

  before(async () => {
    hub = await startScriptedHub({ permits: () => false, serve: (server) => serveDocs(server, docsFiles) });
    await hub.server.listen({ host: 'localhost', port: 0 });
    const address: AddressInfo | string | null = hub.server.server.address();
    url = `https://localhost:${typeof address === 'object' ? address?.port : ''}`;
    browser = await startBrowser();
  });
  after(async () => {
    await browser?.close();
    await hub.close();
  });

  test('shows every operation, asks the hub alone, and the browser has nothing to complain about', {
    timeout: 120_000,
  }, async () => {
    const { page, foreign, errors } = await openTab(browser, url);
    await page.goto(`${url}/docs/`);
    await page.locator('.opblock').first().waitFor();
    assert.equal(await page.locator('.opblock').count(), hub.routes.length);
    await page.locator('#operations-watch-watch').click();
    await page.getByText('What to watch, with commas between').first().waitFor();
    const picture = process.env.SKERRY_PICTURE;
    if (picture !== undefined) await page.screenshot({ path: picture });
    assert.deepEqual([foreign, errors], [[], []]);
  });
});
