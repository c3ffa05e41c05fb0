import assert from 'node:assert/strict';
import { ClusterProfile } from '../../../platform/api/cluster-profile.ts';
import { Rollout } from '../../../platform/api/rollout.ts';
import { PROJECT_NAME } from '../../fleet/fleet.ts';
import { FIRST, settings } from '../../fleet/scenarios.ts';
import { until } from '../../fleet/until.ts';
import type { Hand } from '../hand.ts';
import { LONG, type PageTask, type Work } from './page-task.ts';

/** The version that each makes, after which, and what is different in it. */
const VERSIONS = {
  keyboard: { before: '1.0.0', version: '1.1.0', colour: 'red' },
  mouse: { before: '1.1.0', version: '1.2.0', colour: 'blue' },
} as const satisfies Record<Hand['way'], unknown>;

/** Profiles, and how their versions come to clusters. */
export const PROFILES: readonly PageTask[] = [
  {
    page: 'Profiles, and the editor',
    task: 'make the next version, with what it would change in which cluster',
    run: async ({ site, tab, page, hand, goto }) => {
      const { before, version, colour } = VERSIONS[hand.way];
      await goto(`profiles?project=${PROJECT_NAME}`);
      await hand.press(page.getByRole('link', { name: before, exact: true }));
      await page.getByRole('heading', { level: 1, name: `site@${before}` }).waitFor();
      await hand.press(page.getByRole('link', { name: 'Make the next version' }));
      await page.getByRole('heading', { level: 1, name: 'Next version of site' }).waitFor();
      await hand.press(page.getByRole('button', { name: /^settings 1\.0\.0/ }));
      const editor = page.getByRole('textbox', { name: 'Values of settings' });
      const region = `region: "\${region}"\n`;
      await hand.type(editor, 'colour: purple\n');
      await page
        .getByRole('list', { name: 'Problems in the values of settings' })
        .getByText(/line 1/)
        .waitFor();
      assert.equal(await page.getByRole('button', { name: `Make site@${version}` }).isDisabled(), true);
      // What the hub would refuse it answers with 422, which a browser writes down.
      assert.deepEqual(
        [...new Set(tab.errors)],
        [`POST /api/v1/projects/${PROJECT_NAME}/clusterprofiles 422`],
      );
      tab.forgive();
      await hand.type(editor, `colour: ${colour}\n${region}`);
      await page.getByText('It would take it as it is.').waitFor();
      for (const { name } of [site.east, site.west]) {
        const planned = page
          .getByRole('listitem')
          .filter({ has: page.getByRole('link', { name, exact: true }) });
        await planned.getByText(/settings changes/).waitFor();
        await planned.getByText(new RegExp(`/colour: "green" → "${colour}"`)).waitFor();
      }
      await hand.press(page.getByRole('button', { name: `Make site@${version}` }));
      await page.getByRole('heading', { level: 1, name: `site@${version}` }).waitFor();
      const made = await site.spec(ClusterProfile, `site-${version}`);
      assert.ok(JSON.stringify(made).includes(`colour: ${colour}`));
    },
  },
  {
    page: 'Cluster: settings',
    task: 'give a cluster another version of its profile, with what that does to it',
    run: async ({ page, hand, charge: { name, managed, cluster }, goto }) => {
      const { version, colour } = VERSIONS.keyboard;
      await goto(`clusters/${PROJECT_NAME}/${name}`);
      await hand.turnTo(page.getByRole('tab', { name: 'Settings' }));
      await hand.choose(page.getByLabel('Version to use'), `site@${version}`);
      assert.equal(await page.getByLabel('Variable region').inputValue(), name);
      await hand.press(page.getByRole('button', { name: 'Use it' }));
      const dialog = page.getByRole('dialog');
      await dialog.getByText(`/colour: "green" → "${colour}"`, { exact: false }).waitFor();
      await hand.press(dialog.getByRole('button', { name: 'Use it' }));
      await dialog.waitFor({ state: 'detached' });
      await managed.untilReady();
      assert.deepEqual(await settings(cluster), { colour, region: name });
    },
  },
  {
    page: 'Rollouts',
    task: 'bring a version to all clusters: start, pause, resume, watch it complete',
    run: async (work) => {
      const { site, page, hand, goto } = work;
      // There and back again: the second goes to a version that no cluster has any more.
      const { version, colour } = VERSIONS[hand.way === 'keyboard' ? 'mouse' : 'keyboard'];
      await goto(`rollouts?project=${PROJECT_NAME}`);
      await hand.press(page.getByRole('link', { name: 'Start a rollout' }));
      await hand.choose(page.getByLabel('Version of a profile'), `site@${version}`);
      await page.getByText(/^2 of \d+ clusters will be changed\.$/).waitFor();
      await hand.type(page.getByLabel('Clusters at a time'), '1');
      await hand.type(page.getByLabel('Soak, in seconds'), '0');
      await hand.press(page.getByRole('button', { name: 'Start' }));
      const name = `site-${version}`;
      await page.getByRole('heading', { level: 1, name }).waitFor();
      await decide(work, 'Pause');
      assert.equal((await site.spec(Rollout, name))?.paused, true);
      await decide(work, 'Resume');
      await page.getByText(`2 of 2 clusters are ready with site@${version}`).waitFor(LONG);
      await page.locator('.state', { hasText: /^Complete$/ }).waitFor(LONG);
      for (const { cluster } of [site.east, site.west])
        await until('the cluster has it', async () =>
          (await settings(cluster)).colour === colour ? true : undefined,
        );
      assert.notEqual(version, FIRST.version);
    },
  },
];

async function decide({ page, hand }: Work, label: string): Promise<void> {
  await hand.press(page.getByRole('button', { name: label }));
  await hand.press(page.getByRole('dialog').getByRole('button', { name: label }));
  await page.getByRole('dialog').waitFor({ state: 'detached' });
}
