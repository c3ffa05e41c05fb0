import assert from 'node:assert/strict';
import { PROJECT_NAME } from '../../fleet/fleet.ts';
import { edit, FIRST, settings } from '../../fleet/scenarios.ts';
import { until } from '../../fleet/until.ts';
import { LONG, type PageTask, type Work } from './page-task.ts';

const WHO = 'night-shift';

/** What is done with a cluster that is there. */
export const CLUSTER: readonly PageTask[] = [
  {
    page: 'Fleet',
    task: 'find a cluster and go to it',
    run: async ({ page, hand, charge: { name }, goto }) => {
      await goto('profiles');
      await hand.press(page.getByRole('navigation').getByRole('link', { name: 'Fleet' }));
      await page.getByRole('row', { name: /west/ }).waitFor();
      await hand.type(page.getByRole('searchbox', { name: 'Filter' }), name);
      await page.getByText('1 cluster like that').waitFor();
      assert.equal(new URL(page.url()).searchParams.get('text'), name);
      const row = page.getByRole('row', { name: new RegExp(`^${name} `) });
      for (const part of ['Ready', `${FIRST.name}@${FIRST.version}`, '4/4', '1/1'])
        await row.getByText(part, { exact: true }).waitFor();
      await hand.press(row.getByRole('link', { name }));
      await page.getByRole('heading', { level: 1, name }).waitFor();
    },
  },
  {
    page: 'Cluster: nodes',
    task: 'see nodes, versions and the end of the agent’s certificate',
    run: async (work) => {
      const { page, hand, charge } = work;
      await open(work);
      await hand.turnTo(page.getByRole('tab', { name: 'Nodes' }));
      const { kubernetes = '', agent } = await charge.managed.status();
      await page.getByText('1 of 1 ready').waitFor();
      await page.getByText(kubernetes, { exact: true }).waitFor();
      const ends = page.locator(`time[datetime="${agent?.certificateUntil}"]`);
      assert.match((await ends.getAttribute('title')) ?? '', /\d{4}/);
    },
  },
  {
    page: 'Cluster: drift',
    task: 'accept what somebody changed, take that back, and put the cluster back as it was declared',
    run: async (work) => {
      const { page, hand, charge } = work;
      const { managed, cluster } = charge;
      await managed.patch({ policy: { drift: { mode: 'observe' } } });
      await open(work);
      await hand.turnTo(page.getByRole('tab', { name: 'Drift' }));
      await page.getByText('reported, and left as it is').waitFor();
      const declared = await settings(cluster);
      await edit(cluster, { colour: 'blue' });
      const found = page.getByRole('article', { name: /settings\/settings/ });
      await found.getByText('found', { exact: true }).waitFor(LONG);
      for (const words of ['by layer settings 1.0.0', '.data.colour', WHO])
        await found.getByText(words, { exact: true }).waitFor();
      const { drift } = await managed.status();
      const item = drift?.top.find(({ layer }) => layer === 'settings');
      await found.locator(`time[datetime="${item?.at}"]`).waitFor();

      await hand.press(found.getByRole('button', { name: 'Accept' }));
      await page.getByRole('dialog').getByText('.data.colour').waitFor();
      await hand.press(page.getByRole('dialog').getByRole('button', { name: 'Accept' }));
      await page.getByRole('region', { name: 'Accepted in this cluster' }).waitFor();
      await managed.until('differs no more', ({ drift: now }) => now?.count === 0);
      await page.getByText('Nothing differs now.').waitFor(LONG);
      assert.equal((await settings(cluster)).colour, 'blue');

      await hand.press(page.getByRole('button', { name: 'No longer accept' }));
      await hand.press(page.getByRole('dialog').getByRole('button', { name: 'No longer accept' }));
      await found.getByRole('button', { name: 'Put back' }).waitFor(LONG);
      await hand.press(found.getByRole('button', { name: 'Put back' }));
      await hand.press(page.getByRole('dialog').getByRole('button', { name: 'Put back' }));
      const isBack = async () => {
        const now = await settings(cluster);
        return JSON.stringify(now) === JSON.stringify(declared) ? now : undefined;
      };
      await until('the settings are as declared', isBack);
      await found.getByText('corrected', { exact: true }).waitFor(LONG);
    },
  },
  {
    page: 'Cluster: timeline',
    task: 'read what happened, and by whom',
    run: async (work) => {
      const { page, hand } = work;
      await open(work);
      await hand.turnTo(page.getByRole('tab', { name: 'Timeline' }));
      const entries = page.getByRole('listitem');
      for (const text of [
        'The cluster was made known to the hub',
        /Revision \d+ was made/,
        'Healthy became True',
        /settings\/settings of layer settings was changed \(\.data\.colour\).*by night-shift/,
      ])
        await entries.filter({ hasText: text }).first().waitFor();
      const times = await page.locator('.timeline time').all();
      const at = await Promise.all(
        times.map(async (time) => Date.parse((await time.getAttribute('datetime')) ?? '')),
      );
      assert.deepEqual(
        at,
        at.toSorted((a, b) => b - a),
      );
    },
  },
  {
    page: 'Cluster: conditions',
    task: 'read what hub and agent say word for word',
    run: async (work) => {
      const { page, hand, charge } = work;
      await open(work);
      await hand.turnTo(page.getByRole('tab', { name: 'Conditions' }));
      const { conditions = [] } = await charge.managed.status();
      assert.ok(conditions.length > 0);
      for (const { type, reason } of conditions) {
        const row = page.getByRole('row', { name: new RegExp(`^${type} `) });
        await row.getByRole('cell').filter({ hasText: reason }).first().waitFor();
      }
    },
  },
  {
    page: 'Cluster',
    task: 'pause it, and resume it',
    run: async (work) => {
      const { page, hand, charge } = work;
      await open(work);
      for (const [label, paused] of [
        ['Pause', true],
        ['Resume', undefined],
      ] as const) {
        await hand.press(page.getByRole('button', { name: label }));
        await hand.press(page.getByRole('dialog').getByRole('button', { name: label }));
        await page.getByRole('dialog').waitFor({ state: 'detached' });
        assert.equal((await charge.managed.read())?.spec.paused, paused);
      }
      await charge.managed.untilReady();
    },
  },
];

async function open({ goto, charge: { name } }: Work): Promise<void> {
  await goto(`clusters/${PROJECT_NAME}/${name}`);
}
