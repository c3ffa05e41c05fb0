import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { applyError } from '../../../apply/errors.ts';
import { isSkerryError } from '../../../content/error.ts';
import { InstalledSite } from '../../testing/installed-site.ts';
import { ScriptedHelm } from '../../testing/scripted-helm.ts';
import { CheckSite } from '../../testing/upgrade-check.ts';
import { rendering } from './rendering.ts';

/** Its charts can't be rendered. */
class BrokenHelm extends ScriptedHelm {
  readonly error: Error;

  constructor(client: ConstructorParameters<typeof ScriptedHelm>[0], error: Error) {
    super(client, {});
    this.error = error;
  }

  override async renderUpgrade(): Promise<never> {
    throw this.error;
  }
}

describe('rendering', () => {
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

  const subjectWith = (error: Error) =>
    installed.subject({ helm: new BrokenHelm(installed.site.context.client, error) });

  test('nothing is said of charts that render', async () => {
    assert.deepEqual(await checks.run(rendering, { subject: await installed.subject() }), []);
  });

  test('a chart that does not render blocks, with what helm said of it', async () => {
    const detail = 'execution error at (web/templates/x.yaml:1:4): set a';
    const subject = await subjectWith(applyError('HELM_RENDER_FAILED', { subject: 'web', detail }));
    assert.deepEqual(subject.components, []);
    const [finding, ...others] = await checks.run(rendering, { subject });
    assert.equal(others.length, 0);
    assert.deepEqual([finding?.severity, finding?.subject, finding?.message], ['blocks', 'web', detail]);
    assert.notEqual(finding?.remedy, '');
  });

  test('what is no matter of the chart is thrown', async () => {
    await assert.rejects(subjectWith(applyError('HELM_FAILED', { subject: 'web' })), (error) =>
      isSkerryError(error, 'HELM_FAILED'),
    );
  });
});
