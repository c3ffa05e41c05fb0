import assert from 'node:assert/strict';
import { applyText, requestOf } from '../../fleet/enroll.ts';
import { PROJECT_NAME } from '../../fleet/fleet.ts';
import { FIRST } from '../../fleet/scenarios.ts';
import { LONG, type PageTask } from './page-task.ts';

const PROFILE = `${FIRST.name}@${FIRST.version}`;
const COMMAND = /^kubectl apply -f - <<'SKERRY'\n([\s\S]*)\nSKERRY\s*$/;

/** From nothing to a cluster that has all of its profile. */
export const JOINING: readonly PageTask[] = [
  {
    page: 'Sign-in',
    task: 'sign in with a token, and out again',
    run: async ({ site, tab, page, hand, goto }) => {
      await hand.press(page.getByText('owner (skerry-system)'));
      await hand.press(page.getByRole('button', { name: 'Sign out' }));
      await hand.type(page.getByLabel('Token'), site.owner);
      await hand.press(page.getByRole('button', { name: 'Sign in with the token' }));
      await page.getByRole('navigation', { name: 'Pages' }).waitFor();
      // Without a session the hub answers 401, which a browser writes down.
      const signedOut = tab.errors.filter((error) => error !== 'GET /auth/session 401');
      assert.deepEqual(signedOut, []);
      tab.forgive();
      await goto('fleet');
    },
  },
  {
    page: 'New cluster',
    task: 'see what it will get, make it known, put the agent there and accept its key',
    run: async ({ page, hand, charge: { name, cluster, managed }, goto }) => {
      await goto(`new-cluster?project=${PROJECT_NAME}`);
      await hand.choose(page.getByLabel('Profile', { exact: true }), PROFILE);
      await hand.type(page.getByLabel('Variable region'), name);
      await hand.type(page.getByLabel('Labels'), `site=${name}`);
      await hand.type(page.getByLabel('Name', { exact: true }), name);
      await page.getByText('The hub would take it as it is.').waitFor();
      for (const { name: layer } of FIRST.packs)
        await page
          .getByRole('listitem')
          .filter({ hasText: `${layer} comes, 1.0.0` })
          .waitFor();
      await hand.press(page.getByRole('button', { name: 'Make it known' }));
      await hand.press(page.getByRole('button', { name: 'Make a token' }));
      const command = (await page.getByRole('region', { name: 'command' }).textContent()) ?? '';
      await applyText(cluster, COMMAND.exec(command)?.[1] ?? assert.fail(command));
      // The page hears of the agent by itself.
      await page.getByText('An agent asks to join').waitFor(LONG);
      const key = await requestOf(managed);
      await page.locator('code').getByText(key, { exact: true }).first().waitFor();
      await hand.press(page.getByRole('button', { name: 'Accept the agent' }));
      await hand.press(page.getByRole('dialog').getByRole('button', { name: 'Accept the agent' }));
      await page.getByText('Its agent was accepted').waitFor();
      assert.equal((await managed.read())?.spec.agent?.key, key);
      await hand.press(page.getByRole('link', { name: 'Go to its page' }));
      await page.getByRole('heading', { level: 1, name }).waitFor();
    },
  },
  {
    page: 'Cluster: layers',
    task: 'watch the layers get ready in their order',
    run: async ({ page, hand, charge: { name, managed }, goto }) => {
      await goto(`clusters/${PROJECT_NAME}/${name}?tab=conditions`);
      await hand.turnTo(page.getByRole('tab', { name: 'Layers' }));
      // Shown as it gets there, without being asked for again.
      const rows = page.getByRole('table').getByRole('row');
      for (const { name: layer } of FIRST.packs)
        await rows.filter({ hasText: layer }).getByText('ready', { exact: true }).waitFor(LONG);
      const { layers = [] } = await managed.untilReady();
      const shown = await page.getByRole('rowheader').allTextContents();
      assert.deepEqual(
        shown,
        layers.map((layer) => layer.name),
      );
      await page
        .locator('.state', { hasText: /^Ready$/ })
        .first()
        .waitFor(LONG);
    },
  },
];
