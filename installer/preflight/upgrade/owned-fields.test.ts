import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { FieldConflict } from '../../../apply/client/client.ts';
import { InstalledSite } from '../../testing/installed-site.ts';
import { CheckSite } from '../../testing/upgrade-check.ts';
import type { CheckContext } from './finding.ts';
import { ownedFields } from './owned-fields.ts';

const IMAGE: FieldConflict = {
  field: '.spec.template.spec.containers[name="main"].image',
  manager: 'kubectl',
};

describe('owned-fields', () => {
  let installed: InstalledSite;
  let checks: CheckSite;
  before(async () => {
    installed = await InstalledSite.start();
    checks = await CheckSite.start();
  });
  after(async () => {
    await installed.site.close();
    await checks.server.close();
  });

  const found = async (onConflict: CheckContext['onConflict'], conflicts: readonly FieldConflict[]) => {
    const { client } = installed.site.context;
    const asked: string[] = [];
    const subject = await installed.subject({
      client: {
        ...client,
        conflicts: async ({ kind, metadata: { name } }) => {
          asked.push(`${kind} ${name}`);
          return [...conflicts];
        },
      },
    });
    const findings = await checks.run(ownedFields, { subject, onConflict });
    return { findings, asked };
  };

  test('nothing is said where nobody else has set anything; only what is upgraded is asked about', async () => {
    const { findings, asked } = await found('stop', []);
    assert.deepEqual(findings, []);
    assert.deepEqual(asked, ['Deployment web']);
  });

  test('a field of somebody else blocks, with its owner and what can be done', async () => {
    const { findings } = await found('stop', [IMAGE]);
    const [finding] = findings;
    assert.equal(findings.length, 1);
    assert.equal(finding?.severity, 'blocks');
    assert.match(finding?.subject ?? '', /^Deployment\.apps .*web$/);
    assert.match(finding?.message ?? '', /containers\[name="main"\]\.image was set by kubectl/);
    assert.match(finding?.remedy ?? '', /--on-conflict keep.*--on-conflict take/);
  });

  test('is a note where it was said what becomes of it, which is told', async () => {
    for (const [onConflict, words] of [
      ['keep', /it stays as they have set it/],
      ['take', /it becomes what the release says/],
    ] as const) {
      const [finding] = (await found(onConflict, [IMAGE])).findings;
      assert.deepEqual([finding?.severity, finding?.remedy], ['notes', '']);
      assert.match(finding?.message ?? '', words);
    }
  });
});
