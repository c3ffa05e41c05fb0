import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Digest } from '../../content/digest.ts';
import { isSkerryError } from '../../content/error.ts';
import { requireUnblocked } from '../commands/upgrade/preview.ts';
import { readInstallation } from '../record/installation.ts';
import { ScriptedHelm } from '../testing/scripted-helm.ts';
import { deployment, installOn, REGISTRY_CHART, scriptedSite } from '../testing/scripted-site.ts';
import { describePlan } from './describe-plan.ts';
import { readPlan } from './read-plan.ts';
import { planJson, type UpgradePlanReport } from './upgrade-plan.ts';

/** What is installed renders `before`; the release after it `after`. */
async function planOf(
  options: { readonly replicas?: number; readonly ill?: boolean } = {},
): Promise<UpgradePlanReport> {
  const { replicas = 1, ill = false } = options;
  const before = { ...deployment('web'), spec: { ...Object(deployment('web').spec), replicas } };
  const site = await scriptedSite({ charts: { web: [before] } });
  const next = await scriptedSite({ charts: { web: [before], extra: [] }, version: '1.1.0' });
  try {
    await installOn(site.context);
    if (ill) {
      const found = site.server.objects.find('Deployment.apps web/web');
      assert.ok(found !== undefined);
      site.server.objects.controller = (object) => object;
      site.server.objects.replace({ ...found, status: {} });
    }
    const stored = await readInstallation(site.context.client);
    assert.ok(stored !== undefined);
    const template = {
      spec: { containers: [{ name: 'main', image: 'images.example/skerry:1', args: ['new'] }] },
    };
    const after = { ...before, spec: { replicas, strategy: { type: 'Recreate' }, template } };
    const charts = { registry: REGISTRY_CHART, web: [after], extra: [] };
    const helm = new ScriptedHelm(site.context.client, charts);
    const to = {
      ...next.bundle,
      release: {
        ...next.bundle.release,
        components: next.bundle.release.components.map((each) =>
          each.name === 'web' ? { ...each, values: { a: 1 } } : each,
        ),
      },
    };
    return await readPlan({
      engine: { ...site.context, helm },
      installation: stored.installation,
      plan: { notes: ['a note'], channel: undefined },
      bundles: [to],
      installed: site.bundle,
      registry: site.bundle.store,
      storage: { className: undefined, size: '20Gi' },
      onConflict: 'stop',
      acceptExpired: false,
      clock: Date.now(),
      certificates: undefined,
      isProven: async () => false,
    });
  } finally {
    await site.close();
    await next.close();
  }
}

test('a plan tells what becomes of each component, what it needs, and what it meets', async () => {
  const report = await planOf();
  const [hop] = report.hops;
  assert.ok(hop !== undefined);
  const { components, content, phases, registry } = hop.forecast;
  assert.deepEqual(
    components.map(({ name, action, downtimeSeconds }) => [name, action, downtimeSeconds]),
    [
      ['registry', 'keep', 0],
      ['web', 'upgrade', 15],
      ['extra', 'install', 0],
    ],
  );
  assert.ok((content.importBytes ?? 0) > 0 && (content.importBytes ?? 0) <= content.bytes);
  assert.equal(registry.needBytes, content.importBytes);
  assert.deepEqual(
    phases.map(({ id }) => id),
    ['stage', 'pre-pull', 'checkpoint', 'images', 'component-web', 'component-extra', 'commit'],
  );
  const found = hop.checks.flatMap(({ findings }) => findings);
  assert.deepEqual(
    found.filter(({ severity }) => severity === 'blocks'),
    [],
  );
  assert.ok(found.some(({ id }) => id === 'statement'));
});

test('the page names hops, room, phases and findings; nothing of it is cut off', async () => {
  const text = describePlan(await planOf());
  for (const part of [
    /^Upgrade of demo: 1\.0\.0 -> 1\.1\.0$/m,
    /^Note: a note$/m,
    /^Takes about +a minute|^Takes about +\d+ minutes/m,
    /^ {2}web +upgrade +.*up to 15 s +Deployment web \(1\): all pods end/m,
    /^ {2}registry +keep +.* - +it is the same in both releases$/m,
    /^ {2}n1 +/m,
    /^ {2}stage +/m,
    /^ {2}warns +1\.0\.0 to 1\.1\.0: no signed statement.*\[statement\]$/m,
    /^ {10}-> Ask the vendor/m,
    /^Nothing blocks this upgrade, \d+ warnings?\.$/m,
  ])
    assert.match(text, part);
});

test('what is ill blocks, on the page and for programs', async () => {
  const report = await planOf({ ill: true });
  assert.match(describePlan(report), /^BLOCKED by 1 finding/m);
  assert.throws(
    () => requireUnblocked(report),
    (error) => isSkerryError(error, 'UPGRADE_BLOCKED'),
  );
  requireUnblocked(await planOf());
  const json = planJson(report);
  assert.equal(json.blocked, true);
  assert.equal(json.hops[0]?.findings[0]?.id, 'component-health');
  const digest: Digest | string | undefined = json.to?.digest;
  assert.match(digest ?? '', /^sha256:/);
  assert.deepEqual(JSON.parse(JSON.stringify(json)).hops.length, 1);
});

test('where nothing is to be done it is said', () => {
  const report: UpgradePlanReport = {
    installed: { name: 'demo', version: '1.0.0' },
    hops: [],
    notes: [],
    channel: undefined,
  };
  assert.match(describePlan(report), /1\.0\.0 is the newest/);
  assert.equal(planJson(report).isInstalled, true);
});
