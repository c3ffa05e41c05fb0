import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { axeFindings, openTab, signIn, startBrowser, type Tab, THEMES, tabTo } from '../console/browser.ts';
import { type ConsoleSite, PROJECT, startConsoleSite } from '../console/console-site.ts';
import { keepPicture, settledPage } from '../console/picture.ts';
import { until } from '../fleet/until.ts';

/** What only a hub answers that has to do with agents. */
const OF_AGENTS = /^\w+ \/api\/v1\/(authority|projects\/.*\/plan) 404$/;

describe('the console in a browser, on a hub on a real API server', { timeout: 900_000 }, () => {
  let console: ConsoleSite;
  let browser: Browser;
  let tab: Tab;
  let page: Page;
  let ui: string;

  before(async () => {
    [console, browser] = await Promise.all([startConsoleSite(), startBrowser()]);
    ui = `${console.hub.url}/ui/`;
    tab = await openTab(browser, ui);
    page = tab.page;
    await signIn(tab, ui, console.owner);
  });
  after(async () => {
    await browser?.close();
    await console?.hub.stop();
    await console?.site.stop();
  });
  afterEach(async (t) => {
    await keepPicture(page, `after-${t.name.replaceAll(/\W+/g, '-').slice(0, 60)}`);
  });

  const goto = async (path: string) => {
    await page.goto(`${ui}${path}`);
    await page.getByRole('heading', { level: 1 }).waitFor();
  };
  const heading = (name: string | RegExp) => page.getByRole('heading', { level: 1, name });
  /** Asked the hub alone and complained of nothing. */
  const assertQuiet = () => {
    assert.deepEqual(tab.foreign, []);
    assert.deepEqual(
      tab.errors.filter((error) => !OF_AGENTS.test(error)),
      [],
    );
  };

  test('shows the fleet with what needs a person first, and filters it in the address', async () => {
    await goto('fleet');
    const needs = page.getByRole('region', { name: 'Needs a person' });
    await needs.getByText('Layer web is failed: HEALTH_TIMEOUT').waitFor();
    await tabTo(page, 'Filter');
    await page.keyboard.insertText('east');
    await page.getByRole('row', { name: /west/ }).waitFor({ state: 'detached' });
    assert.equal(new URL(page.url()).searchParams.get('text'), 'east');
    await goto('fleet');
    await page
      .getByRole('list', { name: 'States' })
      .getByRole('link', { name: /Failed/ })
      .click();
    await page.getByRole('row', { name: /east/ }).waitFor({ state: 'detached' });
    assert.equal(await page.getByRole('row', { name: /west/ }).count(), 1);
    await goto('fleet');
    await page.getByRole('columnheader', { name: 'Name' }).getByRole('link').click();
    await page.locator('th[aria-sort="ascending"]').waitFor();
    assertQuiet();
  });

  test('shows a change that the hub hears of, without being asked', async () => {
    await goto('fleet');
    await console.put('clusters', 'late', { profiles: [] }, { status: { phase: 'Pending' } });
    await page.getByRole('row', { name: /late/ }).waitFor();
    await console.site.cluster.api.remove(`/apis/skerry.dev/v1alpha1/namespaces/${PROJECT}/clusters/late`);
    await page.getByRole('row', { name: /late/ }).waitFor({ state: 'detached' });
    assertQuiet();
  });

  test('goes through the parts of a cluster by keyboard, and accepts drift', async () => {
    await goto('fleet');
    await page.getByRole('row', { name: /east/ }).waitFor();
    await tabTo(page, 'east');
    await page.keyboard.press('Enter');
    await heading('east').waitFor();
    await tabTo(page, 'Layers');
    await page.keyboard.press('ArrowRight');
    await page.getByRole('tab', { name: /Drift/, selected: true }).waitFor();
    await page.getByRole('article', { name: 'Deployment.apps web/web' }).waitFor();
    await tabTo(page, 'Accept');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Accept what was found?' }).waitFor();
    await tabTo(page, 'Accept');
    await page.keyboard.press('Enter');
    await until('the drift is accepted', async () => {
      const { drift } = Object((await console.read('clusters', 'east'))?.spec.policy);
      return drift?.ignore?.length === 1 ? drift : undefined;
    });
    await page.getByRole('region', { name: 'Accepted in this cluster' }).waitFor();
    assert.equal(new URL(page.url()).searchParams.get('tab'), 'drift');
    assertQuiet();
  });

  test('puts drift back by mouse, and gives a cluster another version of its profile', async () => {
    await goto(`clusters/${PROJECT}/west?tab=drift`);
    await page.getByRole('button', { name: 'Put back' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Put back' }).click();
    await until('the drift is put back', async () => {
      const { drift } = Object((await console.read('clusters', 'west'))?.spec.policy);
      return drift?.mode === 'correct' ? drift : undefined;
    });
    await page.getByRole('tab', { name: 'Settings' }).click();
    await page.getByLabel('Version to use').selectOption('base-1.1.0');
    await page.getByRole('button', { name: 'Use it' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Use it' }).click();
    await until('the profile is another version', async () => {
      const profiles = (await console.read('clusters', 'west'))?.spec.profiles;
      return JSON.stringify(profiles) === '[{"name":"base","version":"1.1.0"}]' ? true : undefined;
    });
    assertQuiet();
  });

  test('makes the next version of a profile, with what schema and hub say of the values', async () => {
    await goto(`profiles?project=${PROJECT}`);
    await page.getByRole('link', { name: '1.0.0' }).click();
    await heading('base@1.0.0').waitFor();
    await page.getByRole('link', { name: 'Make the next version' }).click();
    await heading('Next version of base').waitFor();
    await page.getByRole('button', { name: /^web 2\.0\.0/ }).click();
    const editor = page.getByRole('textbox', { name: 'Values of web' });
    await editor.waitFor();
    await editor.focus();
    await page.keyboard.press('Control+Home');
    await page.keyboard.press('Control+Space');
    await page.getByRole('option', { name: /replicas/ }).waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+A');
    await page.keyboard.insertText('replicas: 44\n');
    const problems = page.getByRole('list', { name: 'Problems in the values of web' });
    await problems.getByText(/line 1: .*44/).waitFor();
    await keepPicture(page, 'profile-problem');
    assert.equal(await page.getByRole('button', { name: /^Make base@/ }).isDisabled(), true);
    // A 422 of the dry run, which a browser writes down as an error.
    tab.forgive();
    await editor.focus();
    await page.keyboard.press('Control+A');
    await page.keyboard.insertText('replicas: 4\n');
    await page.getByText('It would take it as it is.').waitFor();
    await page.getByText('~ packs.web.values', { exact: false }).waitFor();
    await page.getByRole('button', { name: 'Make base@1.2.0' }).click();
    await heading('base@1.2.0').waitFor();
    const made = await console.read('clusterprofiles', 'base-1.2.0');
    assert.ok(JSON.stringify(made?.spec).includes('replicas: 4'));
    assertQuiet();
  });

  test('starts a rollout by keyboard, pauses it by mouse', async () => {
    await goto(`rollouts/start?project=${PROJECT}&profile=base-1.1.0`);
    await page.getByText(/1 of 2 clusters will be changed/).waitFor();
    await tabTo(page, 'Clusters at a time');
    await page.keyboard.insertText('1');
    await page.keyboard.press('Enter');
    await heading('base-1.1.0').waitFor();
    assert.equal((await console.read('rollouts', 'base-1.1.0'))?.spec.batch, 1);
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Pause' }).click();
    await page.getByRole('button', { name: 'Resume' }).waitFor();
    assert.equal((await console.read('rollouts', 'base-1.1.0'))?.spec.paused, true);
    assertQuiet();
  });

  test('names a cloud account, and plans a cluster with it that the hub judges', async () => {
    await goto(`clouds?project=${PROJECT}`);
    await page.getByText(`Add an account to ${PROJECT}`).click();
    await page.getByLabel('Name').fill('vc');
    await page.getByLabel('Gateway').selectOption('lab');
    await page.getByLabel('Endpoint').fill('https://vcenter.site');
    await page.getByLabel('Secret with the credentials').fill('vc-login');
    await page.getByRole('button', { name: 'Add the account' }).click();
    await page.getByRole('article', { name: 'vc' }).waitFor();
    await page.goto(`${ui}new-cluster?project=${PROJECT}`);
    await page.getByLabel('It is made, with a cloud account').check();
    await page.getByLabel('Name', { exact: true }).fill('made-1');
    await page.getByLabel('Cloud account', { exact: true }).selectOption('vc');
    await page.getByLabel('Kubernetes').fill('not a version');
    await page.getByRole('alert').getByText('spec.provision.kubernetes', { exact: true }).waitFor();
    tab.forgive();
    await page.getByLabel('Kubernetes').fill('1.34');
    await page.getByLabel('Size', { exact: true }).fill('small');
    await page.getByText('3 machines').waitFor();
    assertQuiet();
  });

  test('adds a receiver of alerts', async () => {
    await goto(`alerts?project=${PROJECT}`);
    await page.getByRole('row', { name: /LayerFailed/ }).waitFor();
    await page.getByText(`Add a receiver to ${PROJECT}`).click();
    await page.getByLabel('Name').fill('ops');
    await page.getByLabel('Kubernetes Events on the Cluster').check();
    await page.getByRole('button', { name: 'Add the receiver' }).click();
    await page.getByRole('row', { name: /ops/ }).waitFor();
    assert.equal((await console.read('alertreceivers', 'ops'))?.spec.events, true);
    assertQuiet();
  });

  test('shows the platform, finds a line of the audit and checks that all of it is whole', async () => {
    await goto('platform');
    await page.getByText('0.0.0-test').waitFor();
    await page.getByRole('tab', { name: 'Content' }).click();
    await page.getByRole('row', { name: /^web 2\.0\.0/ }).waitFor();
    await page.getByRole('tab', { name: 'Certificates' }).click();
    await page.getByRole('row', { name: /hub-authority/ }).waitFor();
    await page.getByRole('tab', { name: 'Audit' }).click();
    await page.getByRole('searchbox', { name: 'Filter' }).fill('createAlertReceiver');
    await page
      .getByRole('row', { name: /createAlertReceiver/ })
      .first()
      .waitFor();
    await page.getByRole('button', { name: 'Check the chain' }).click();
    await page.getByText(/lines, each follows on the one before/).waitFor();
    assertQuiet();
  });

  test('says what is installed and who signed it, how full the registry is, and what may follow', async () => {
    const { fingerprint, installed, garbage, address } = console.registry;
    await goto('platform');
    await page.getByText(installed).waitFor();
    await page.getByText(fingerprint).waitFor();
    await page.getByRole('row', { name: /install .*1\.0\.0.*ada@workstation/ }).waitFor();
    await tabTo(page, 'Release');
    await page.keyboard.press('ArrowRight');
    await page.getByRole('tab', { name: 'Content', selected: true }).waitFor();
    await page
      .getByRole('row', { name: /signature/ })
      .getByText(fingerprint)
      .waitFor();
    await page.getByRole('row', { name: /images\.example\/web:1/ }).waitFor();
    await page.getByRole('tab', { name: 'Registry' }).click();
    await page.getByText(/are free on its disk/).waitFor();
    await page.getByRole('row', { name: /skerry\/packs\/web/ }).waitFor();
    await page.getByRole('row', { name: garbage }).waitFor();
    await page.getByRole('tab', { name: 'Upgrades' }).click();
    await page.getByRole('row', { name: /1\.1\.0 yes/ }).waitFor();
    await page.getByText('Counts as fresh until').waitFor();
    const answer = await fetch(`${address}/v2/_skerry/storage`);
    assert.equal(answer.status, 200);
    assertQuiet();
  });

  test('gives a user a role in a project', async () => {
    await goto(`access?project=${PROJECT}`);
    await page.getByLabel('Add', { exact: true }).fill('user:alice');
    await page.getByLabel('As', { exact: true }).selectOption('operator');
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByText('Not saved yet.').waitFor();
    await page.getByRole('button', { name: 'Save the members' }).click();
    await page.getByText('Not saved yet.').waitFor({ state: 'detached' });
    await page.getByRole('row', { name: /user:alice/ }).waitFor();
    assertQuiet();
  });

  test('brings the sign-in over the page when the session ends, and loses nothing that was typed', async () => {
    await goto(`rollouts/start?project=${PROJECT}`);
    await page.getByLabel('Version of a profile').selectOption('base-1.1.0');
    await page.getByLabel('Only clusters with labels').fill('site=north');
    await page.context().clearCookies();
    await page.getByRole('button', { name: 'Start' }).click();
    const dialog = page.getByRole('dialog', { name: 'Your session has ended' });
    await dialog.waitFor();
    await page.keyboard.press('Escape');
    assert.equal(await dialog.isVisible(), true);
    assert.equal(await page.getByLabel('Only clusters with labels').inputValue(), 'site=north');
    await tabTo(page, 'Token');
    await page.keyboard.insertText(console.owner);
    await page.keyboard.press('Enter');
    await dialog.waitFor({ state: 'detached' });
    // What was asked before is asked again, and done once.
    await heading(/^base-1\.1\.0/).waitFor();
    tab.forgive();
    assert.deepEqual(tab.foreign, []);
  });

  test('hides what may not be done, and the hub refuses it all the same', async () => {
    const other = await openTab(browser, ui);
    try {
      await signIn(other, ui, console.viewer);
      await other.page.goto(`${ui}clusters/${PROJECT}/east`);
      await other.page.getByRole('heading', { level: 1, name: 'east' }).waitFor();
      await other.page.getByRole('tab', { name: /Drift/ }).click();
      await other.page.getByRole('article').first().waitFor();
      for (const name of ['Pause', 'Delete', 'Put back', 'Accept'])
        assert.equal(await other.page.getByRole('button', { name }).count(), 0, name);
      assert.equal(await other.page.getByRole('tab', { name: 'Kubeconfig' }).count(), 0);
      const kubeconfig = await other.page.evaluate(
        async (project) => (await fetch(`/api/v1/projects/${project}/clusters/east/kubeconfig`)).status,
        PROJECT,
      );
      assert.equal(kubeconfig, 403);
      await other.page.goto(`${ui}platform?tab=audit`);
      await other.page.getByText('Your roles don’t show the audit.').waitFor();
      await other.page.goto(`${ui}platform?tab=registry`);
      await other.page.getByText('Your roles don’t show the registry’s room.').waitFor();
      const refused = await other.page.evaluate(async () => (await fetch('/api/v1/platform/storage')).status);
      assert.equal(refused, 403);
      const status = await other.page.evaluate(async (project) => {
        const path = `/api/v1/projects/${project}/clusters/east`;
        const type = { 'content-type': 'application/merge-patch+json' };
        const body = JSON.stringify({ spec: { paused: true } });
        return (await fetch(path, { method: 'PATCH', headers: type, body })).status;
      }, PROJECT);
      assert.equal(status, 403);
    } finally {
      await other.close();
    }
  });

  test('gives no kubeconfig that would be of no use, and says why', async () => {
    await goto(`clusters/${PROJECT}/east`);
    await page.getByRole('tab', { name: 'Kubeconfig' }).click();
    await page.getByText(/it is not known where its API server is reached/).waitFor();
    assert.deepEqual(await axeFindings(page), []);
    tab.forgive();
  });

  test('is in no frame of another page, and runs no script but its own', async () => {
    const answer = await page.request.get(ui);
    assert.match(answer.headers()['content-security-policy'] ?? '', /frame-ancestors 'none'/);
    await goto('fleet');
    await page.evaluate(
      "{ const script = document.createElement('script'); script.textContent = 'window.wasRun = true'; document.body.append(script); }",
    );
    assert.equal(await page.evaluate("'wasRun' in window"), false);
    tab.forgive();
  });

  const PAGES = [
    ['fleet', 'fleet'],
    ['cluster', `clusters/${PROJECT}/east`],
    ['cluster-drift', `clusters/${PROJECT}/east?tab=drift`],
    ['cluster-failed', `clusters/${PROJECT}/west`],
    ['cluster-nodes', `clusters/${PROJECT}/west?tab=nodes`],
    ['cluster-timeline', `clusters/${PROJECT}/west?tab=timeline`],
    ['cluster-conditions', `clusters/${PROJECT}/west?tab=conditions`],
    ['cluster-settings', `clusters/${PROJECT}/east?tab=settings`],
    ['profiles', `profiles?project=${PROJECT}`],
    ['profile', `profiles/${PROJECT}/base-1.1.0`],
    ['profile-edit', `profiles/edit?project=${PROJECT}&from=base-1.0.0`],
    ['new-cluster', `new-cluster?project=${PROJECT}`],
    ['rollouts', 'rollouts'],
    ['rollout', `rollouts/${PROJECT}/base-1.1.0`],
    ['rollout-start', `rollouts/start?project=${PROJECT}`],
    ['clouds', `clouds?project=${PROJECT}`],
    ['alerts', `alerts?project=${PROJECT}`],
    ['platform', 'platform'],
    ['platform-content', 'platform?tab=content'],
    ['platform-registry', 'platform?tab=registry'],
    ['platform-upgrades', 'platform?tab=upgrades'],
    ['platform-certificates', 'platform?tab=certificates'],
    ['platform-audit', 'platform?tab=audit'],
    ['access', `access?project=${PROJECT}`],
    ['nothing', 'no/such/page'],
  ] as const;

  for (const theme of THEMES) {
    test(`has nothing that axe finds, on any page, ${theme}`, async () => {
      await page.emulateMedia({ colorScheme: theme });
      const found: Record<string, string[]> = {};
      for (const [name, path] of PAGES) {
        await goto(path);
        await settledPage(page);
        const findings = await axeFindings(page);
        if (findings.length > 0) found[name] = findings;
        await keepPicture(page, `${name}-${theme}`);
      }
      assert.deepEqual(found, {});
      assertQuiet();
    });
  }

  test('joins a cluster, on a hub that has to do with agents', async () => {
    const hub = await console.site.startHub();
    const other = await openTab(browser, hub.url);
    const there = other.page;
    try {
      await signIn(other, `${hub.url}/ui/`, console.owner);
      await there.goto(`${hub.url}/ui/new-cluster?project=${PROJECT}`);
      await tabTo(there, 'Name');
      await there.keyboard.insertText('north');
      await there.getByText('The hub would take it as it is.').waitFor();
      await there.keyboard.press('Enter');
      await there.getByRole('button', { name: 'Make a token' }).click();
      const command = await there.getByRole('region', { name: 'command' }).textContent();
      assert.match(command ?? '', /^kubectl apply -f - <<'SKERRY'/);
      assert.deepEqual(await axeFindings(there), []);
      await there.goto(`${hub.url}/ui/rollouts/start?project=${PROJECT}`);
      await there.getByLabel('Version of a profile').selectOption('base-1.2.0');
      const batches = there.getByRole('region', { name: 'Batches', exact: true });
      await batches.getByRole('link', { name: 'east' }).waitFor();
      assert.deepEqual(await axeFindings(there), []);
      assert.deepEqual([other.foreign, other.errors], [[], []]);
    } finally {
      await keepPicture(there, 'agents');
      await other.close();
      await hub.stop();
    }
  });
});
