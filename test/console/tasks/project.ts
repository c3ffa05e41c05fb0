import assert from 'node:assert/strict';
import { AlertReceiver } from '../../../platform/api/alert.ts';
import { CloudAccount } from '../../../platform/api/cloud-account.ts';
import { PROJECT_NAME } from '../../fleet/fleet.ts';
import { until } from '../../fleet/until.ts';
import type { PageTask } from './page-task.ts';

/** What belongs to a project or to the platform, and to no cluster. */
export const PROJECT: readonly PageTask[] = [
  {
    page: 'Accounts and gateways',
    task: 'name a cloud account',
    run: async ({ site, page, hand, goto }) => {
      const name = `dock-${hand.way}`;
      await goto(`clouds?project=${PROJECT_NAME}`);
      await hand.press(page.getByText(`Add an account to ${PROJECT_NAME}`));
      await hand.type(page.getByLabel('Name'), name);
      await hand.choose(page.getByLabel('Type'), 'openstack');
      await hand.type(page.getByLabel('Endpoint'), 'https://keystone.site');
      await hand.type(page.getByLabel('Secret with the credentials'), 'keystone');
      await hand.press(page.getByRole('button', { name: 'Add the account' }));
      await page.getByRole('article', { name }).waitFor();
      assert.equal((await site.spec(CloudAccount, name))?.type, 'openstack');
    },
  },
  {
    page: 'Alerts',
    task: 'add a receiver',
    run: async ({ site, page, hand, goto }) => {
      const name = `ops-${hand.way}`;
      await goto(`alerts?project=${PROJECT_NAME}`);
      await hand.press(page.getByText(`Add a receiver to ${PROJECT_NAME}`));
      await hand.type(page.getByLabel('Name'), name);
      await hand.choose(page.getByLabel('From which severity on'), 'critical');
      await hand.mark(page.getByLabel('Kubernetes Events on the Cluster'));
      await hand.press(page.getByRole('button', { name: 'Add the receiver' }));
      await page.getByRole('row', { name: new RegExp(name) }).waitFor();
      const { severity, events } = (await site.spec(AlertReceiver, name)) ?? {};
      assert.deepEqual([severity, events], ['critical', true]);
    },
  },
  {
    page: 'Access',
    task: 'make somebody a member of a project',
    run: async ({ site, page, hand, goto }) => {
      const who = `user:${hand.way}`;
      await goto(`access?project=${PROJECT_NAME}`);
      await hand.type(page.getByLabel('Add', { exact: true }), who);
      await hand.choose(page.getByLabel('As', { exact: true }), 'operator');
      await hand.press(page.getByRole('button', { name: 'Add', exact: true }));
      await page.getByText('Not saved yet.').waitFor();
      await hand.press(page.getByRole('button', { name: 'Save the members' }));
      await page.getByText('Not saved yet.').waitFor({ state: 'detached' });
      const bindings = `/apis/rbac.authorization.k8s.io/v1/namespaces/${PROJECT_NAME}/rolebindings`;
      await until('the role is bound', async () =>
        JSON.stringify(await site.fleet.hub.api.get(bindings)).includes(`"name":"${hand.way}"`)
          ? true
          : undefined,
      );
    },
  },
  {
    page: 'Platform: audit',
    task: 'find who did something, and see that the record is whole',
    run: async ({ page, hand, goto }) => {
      await goto('platform');
      await hand.turnTo(page.getByRole('tab', { name: 'Audit' }));
      await hand.type(page.getByRole('searchbox', { name: 'Filter' }), 'createCloudAccount owner');
      // By either of the two that add an account.
      const line = page.getByRole('row', { name: /createCloudAccount/ }).first();
      await line.getByText('done', { exact: true }).waitFor();
      await hand.press(page.getByRole('button', { name: 'Check the chain' }));
      await page.getByText(/lines, each follows on the one before/).waitFor();
    },
  },
];
