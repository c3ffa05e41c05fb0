import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { watchHub, watchRegistry } from '../upgrade/outage.ts';
import { UpgradeSite } from '../upgrade/upgrade-site.ts';

let site: UpgradeSite;
before(async () => {
  site = await UpgradeSite.start('upgrade-more', [
    ...(['1.0.0', '1.1.0', '1.2.0'] as const),
    ...(['1.1.0-crash', '1.1.0-image', '1.1.0-crd', '1.1.0-migration'] as const),
  ]);
});
after(async () => await site?.stop());

for (const [version, code] of [
  ['1.1.0-crash', 'WORKLOAD_FAILED'],
  ['1.1.0-image', 'WORKLOAD_FAILED'],
  ['1.1.0-crd', 'CRD_REJECTS_OBJECTS'],
  ['1.1.0-migration', 'CRD_MIGRATION_FAILED'],
] as const) {
  test(`${version} returns by itself to the release before`, async () => {
    const codes = await site.failingUpgrade(version);
    assert.deepEqual(codes, [code, 'UPGRADE_TAKEN_BACK']);
    await site.assertRuns('1.0.0', '1.0.0');
  });
}

test('from 1.0 over 1.1 to 1.2, objects of another stored version with it, and one step back', async (context) => {
  await site.upgrade('1.1.0');
  await site.assertRuns('1.1.0', '1.1.0');
  const [hub, pulls] = [await watchHub(site.cluster), watchRegistry(site.cluster)];
  const times = await site.upgrade('1.2.0');
  const [away, unanswered] = [await hub.stop(), await pulls.stop()];
  context.diagnostic(`seconds by phase: ${JSON.stringify(times)}`);
  context.diagnostic(`hub: ${JSON.stringify(away)}, registry: ${JSON.stringify(unanswered)}`);
  await site.assertRuns('1.2.0', '1.2.0');
  assert.equal(unanswered.failures, 0, 'while the registry itself was replaced');
  await site.rollback('1.2.0');
  await site.assertRuns('1.1.0', '1.1.0');
});
