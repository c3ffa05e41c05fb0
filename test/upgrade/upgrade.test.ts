import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { failing } from '../install/installer-run.ts';
import { watchHub, watchRegistry } from './outage.ts';
import { UpgradeSite } from './upgrade-site.ts';

let site: UpgradeSite;
before(async () => {
  site = await UpgradeSite.start('upgrade', ['1.0.0', '1.1.0', '1.1.0-hook']);
});
after(async () => await site?.stop());

test('an upgrade goes through, restarts nothing that stays, and the hub is hardly away', async (context) => {
  const idle = await site.pods('app', 'idle');
  const registry = await site.pods('app.kubernetes.io/name', 'skerry-registry');
  const [hub, pulls] = [await watchHub(site.cluster), watchRegistry(site.cluster)];
  const times = await site.upgrade('1.1.0');
  const [away, unanswered] = [await hub.stop(), await pulls.stop()];
  context.diagnostic(`seconds by phase: ${JSON.stringify(times)}`);
  context.diagnostic(`hub: ${JSON.stringify(away)}, registry: ${JSON.stringify(unanswered)}`);
  await site.assertRuns('1.1.0', '1.1.0');
  assert.deepEqual(await site.pods('app', 'idle'), idle);
  assert.deepEqual(await site.pods('app.kubernetes.io/name', 'skerry-registry'), registry);
  assert.ok(away.tries > 20 && away.longestMs < 60_000, JSON.stringify(away));
  assert.equal(unanswered.failures, 0);
});

test('what was upgraded is taken back by a word, and compared with the checkpoint', async (context) => {
  const times = await site.rollback('1.1.0');
  context.diagnostic(`seconds by step: ${JSON.stringify(times)}`);
  await site.assertRuns('1.0.0', '1.0.0');
  const again = await failing(site.cluster, site.stick('1.0.0'), ['rollback', '--yes']);
  assert.deepEqual(again.codes, ['NOTHING_TO_ROLL_BACK']);
});

test('a hook that fails brings everything back by itself', async () => {
  const codes = await site.failingUpgrade('1.1.0-hook');
  assert.deepEqual(codes, ['WORKLOAD_FAILED', 'UPGRADE_TAKEN_BACK']);
  await site.assertRuns('1.0.0', '1.0.0');
});
