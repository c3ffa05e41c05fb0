import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { type Browser, chromium } from 'playwright-core';
import { docsFiles } from '../../platform/hub/api-docs/docs-files.ts';
import { serveDocs } from '../../platform/hub/api-docs/serve-docs.ts';
import { type ScriptedHub, startScriptedHub } from '../../platform/hub/testing/scripted-hub.ts';
import { findExecutable } from '../cluster/host.ts';

describe('the page of the API, in a browser', () => {
  let hub: ScriptedHub;
  let browser: Browser;
  let url: string;

  before(async () => {
    hub = await startScriptedHub({ permits: () => false, serve: (server) => serveDocs(server, docsFiles) });
    await hub.server.listen({ host: 'localhost', port: 0 });
    const address: AddressInfo | string | null = hub.server.server.address();
    url = `https://localhost:${typeof address === 'object' ? address?.port : ''}`;
    const executablePath = await findExecutable('chromium');
    assert.ok(executablePath !== undefined, 'Debian has it as chromium');
    // Its own sandbox does not work for root.
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  });
  after(async () => {
    await browser?.close();
    await hub.close();
  });

  test('shows every operation, asks nobody but the hub, and the browser has nothing to complain about', {
    timeout: 120_000,
  }, async () => {
    // The hub's authority is known to nobody but its users.
    const page = await browser.newPage({ ignoreHTTPSErrors: true, viewport: { width: 1280, height: 900 } });
    const wrong: string[] = [];
    page.on('request', (sent) => {
      if (!sent.url().startsWith(`${url}/`) && !sent.url().startsWith('data:')) wrong.push(sent.url());
    });
    page.on('console', (message) => {
      if (message.type() === 'error') wrong.push(message.text());
    });
    page.on('pageerror', (error) => wrong.push(String(error)));
    await page.goto(`${url}/docs/`);
    await page.locator('.opblock').first().waitFor();
    assert.equal(await page.locator('.opblock').count(), hub.routes.length);
    await page.locator('#operations-watch-watch').click();
    await page.getByText('What to watch, with commas between').first().waitFor();
    const picture = process.env.SKERRY_PICTURE;
    if (picture !== undefined) await page.screenshot({ path: picture });
    assert.deepEqual(wrong, []);
  });
});
