import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createHelm } from './helm.ts';
import { rememberTemplates } from './remember-templates.ts';

test('a chart is rendered once for the same input, and each time with a cluster', async () => {
  let rendered = 0;
  const helm = rememberTemplates({
    ...createHelm({ program: 'helm', home: '/nowhere', environment: {} }),
    template: async ({ values }) => `${++rendered} ${JSON.stringify(values)}`,
  });
  const chart = { name: 'a', namespace: 'b', chart: '/c.tgz', values: { replicas: 1 } };
  const signal = new AbortController().signal;
  assert.equal(await helm.template(chart), await helm.template({ ...chart, signal }));
  assert.notEqual(await helm.template(chart), await helm.template({ ...chart, values: { replicas: 2 } }));
  assert.notEqual(await helm.template(chart), await helm.template({ ...chart, kubeVersion: 'v1.34.0' }));
  const near = { ...chart, kubeconfig: '/kubeconfig' };
  assert.notEqual(await helm.template(near), await helm.template(near));
});
