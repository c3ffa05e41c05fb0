import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { mapLimited } from '../../content/limit.ts';
import { openTab, signIn, startBrowser, type Tab } from '../console/browser.ts';
import { type ConsoleSite, startConsoleSite } from '../console/console-site.ts';

const CLUSTERS = 1_000;
/** What a page of the list has. */
const PAGE = 100;
const WIDTH = 16;

describe('the console with a thousand clusters', { timeout: 900_000 }, () => {
  let console: ConsoleSite;
  let browser: Browser;
  let tab: Tab;

  before(async () => {
    [console, browser] = await Promise.all([startConsoleSite(), startBrowser()]);
    await mapLimited(
      Array.from({ length: CLUSTERS }, (_, index) => index),
      WIDTH,
      async (index) => {
        const spec = { profiles: [{ name: 'base', version: '1.0.0' }] };
        await console.put('clusters', nameOf(index), spec, { labels: { rack: `r${index % 10}` } });
      },
    );
    tab = await openTab(browser, `${console.hub.url}/ui/`);
    await signIn(tab, `${console.hub.url}/ui/`, console.owner);
  });
  after(async () => {
    await browser?.close();
    await console?.hub.stop();
    await console?.site.stop();
  });

  test('asks for the clusters that are shown alone, and lets the hub filter', async () => {
    const { page } = tab;
    const lists: string[] = [];
    page.on('response', (response) => {
      const { pathname, search } = new URL(response.url());
      if (pathname.endsWith('/clusters')) lists.push(search);
    });
    await page.goto(`${console.hub.url}/ui/fleet?sort=name`);
    await page.getByText(`${CLUSTERS + 2} clusters`).waitFor();
    assert.equal(await page.locator('tbody tr').count(), PAGE);
    // What needs a person and the list, each once more when the stream has begun.
    assert.ok(lists.length <= 4, lists.join(' '));
    await page.getByRole('button', { name: 'Show more' }).click();
    await page
      .locator('tbody tr')
      .nth(2 * PAGE - 1)
      .waitFor();
    await page.getByRole('searchbox', { name: 'Filter' }).fill(nameOf(777));
    await page.getByText('1 cluster like that').waitFor();
    assert.equal(await page.locator('tbody tr').count(), 1);
    assert.deepEqual([tab.foreign, tab.errors], [[], []]);
  });
});

function nameOf(index: number): string {
  return `edge-${String(index).padStart(4, '0')}`;
}
