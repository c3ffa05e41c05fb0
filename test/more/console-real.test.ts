import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { axeFindings, openTab, signIn, startBrowser, type Tab, THEMES } from '../console/browser.ts';
import { type FleetConsole, startFleetConsole } from '../console/fleet-console.ts';
import { type Hand, keyboardOn, mouseOn } from '../console/hand.ts';
import { keepPicture, settledPage } from '../console/picture.ts';
import { CLUSTER } from '../console/tasks/cluster.ts';
import { JOINING } from '../console/tasks/joining.ts';
import { LONG, type PageTask } from '../console/tasks/page-task.ts';
import { PROFILES } from '../console/tasks/profiles.ts';
import { PROJECT } from '../console/tasks/project.ts';
import { PROJECT_NAME } from '../fleet/fleet.ts';

const MINUTE = 60_000;
/** An agent reported between reading and writing: the console reads again, and a browser has it written down. */
const OVERTAKEN = /^PATCH \S+ 412$/;
/** Each page's main task, in the order in which people come to them. */
const TASKS: readonly PageTask[] = [...JOINING, ...CLUSTER, ...PROFILES, ...PROJECT];

describe('the console of an installed platform, with two real clusters', { timeout: 20 * MINUTE }, () => {
  let site: FleetConsole;
  let browser: Browser;
  let tab: Tab;
  let ui: string;

  before(async () => {
    const began = performance.now();
    const say = (text: string) => console.log(`# ${((performance.now() - began) / 1000).toFixed(1)} ${text}`);
    [site, browser] = await Promise.all([startFleetConsole('console', say), startBrowser()]);
    ui = `${site.url}/ui/`;
    tab = await openTab(browser, ui);
    await signIn(tab, ui, site.owner);
  });
  after(async () => {
    await browser?.close();
    await site?.stop();
  });
  // What a test that failed has left is no fault of the next.
  beforeEach(() => tab?.forgive());
  afterEach(async (t) => {
    if (tab !== undefined) await keepPicture(tab.page, `real-${t.name.replaceAll(/\W+/g, '-').slice(0, 80)}`);
  });

  const goto = async (path: string) => {
    await tab.page.goto(`${ui}${path}`);
    await tab.page.getByRole('heading', { level: 1 }).waitFor();
  };
  /** Asked the hub alone and complained of nothing. */
  const assertQuiet = () => {
    const errors = tab.errors.filter((error) => !OVERTAKEN.test(error));
    assert.deepEqual([tab.foreign, errors], [[], []]);
  };
  const handOf = (way: Hand['way']) => (way === 'keyboard' ? keyboardOn(tab.page) : mouseOn(tab.page));

  for (const { page: name, task, run } of TASKS) {
    describe(name, () => {
      for (const way of ['keyboard', 'mouse'] as const) {
        test(`${task}, by ${way}`, async () => {
          const charge = way === 'keyboard' ? site.east : site.west;
          await run({ site, tab, page: tab.page, hand: handOf(way), charge, goto });
          assertQuiet();
        });
      }
    });
  }

  const tabs = ['layers', 'drift', 'nodes', 'timeline', 'conditions', 'settings'];
  const PAGES = [
    'fleet',
    ...tabs.map((part) => `clusters/${PROJECT_NAME}/east?tab=${part}`),
    `profiles?project=${PROJECT_NAME}`,
    `profiles/${PROJECT_NAME}/site-1.1.0`,
    `profiles/edit?project=${PROJECT_NAME}&from=site-1.2.0`,
    `rollouts?project=${PROJECT_NAME}`,
    `rollouts/${PROJECT_NAME}/site-1.2.0`,
    `clouds?project=${PROJECT_NAME}`,
    `alerts?project=${PROJECT_NAME}`,
    'platform',
    `access?project=${PROJECT_NAME}`,
  ];

  for (const theme of THEMES) {
    test(`axe finds nothing on pages with real data, ${theme}`, async () => {
      // Meanwhile the hub stops hearing of the west.
      await site.west.wire.cut();
      await tab.page.emulateMedia({ colorScheme: theme });
      const found: Record<string, string[]> = {};
      for (const path of PAGES) {
        await goto(path);
        await settledPage(tab.page);
        const findings = await axeFindings(tab.page);
        if (findings.length > 0) found[path] = findings;
        await keepPicture(tab.page, `real-${path.replaceAll(/\W+/g, '-')}-${theme}`);
      }
      assert.deepEqual(found, {});
      assertQuiet();
    });
  }

  test('says of a silent cluster that it needs a person, and takes it back once it is heard of', async () => {
    const { page } = tab;
    await goto('fleet');
    const needs = page.getByRole('region', { name: 'Needs a person' });
    await needs.getByText('Its agent is silent').waitFor(LONG);
    await page
      .getByRole('row', { name: /^west / })
      .getByText('Unknown', { exact: true })
      .waitFor(LONG);
    await keepPicture(page, 'real-fleet-silent');
    await site.west.wire.mend();
    await needs.getByText('Its agent is silent').waitFor({ state: 'detached', ...LONG });
    await page
      .getByRole('row', { name: /^west / })
      .getByText('Ready', { exact: true })
      .waitFor(LONG);
    assertQuiet();
  });
});
