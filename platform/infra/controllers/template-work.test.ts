import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StoredTemplate } from './stored.ts';
import { unusedTemplates } from './template-work.ts';

test('of the templates go those that neither a pool names nor a machine was made from, after a while', () => {
  const template = (name: string, creationTimestamp = '2026-01-01T00:00:00Z') =>
    StoredTemplate.parse({ metadata: { name, namespace: 'n', uid: name, creationTimestamp } });
  const users = [
    { spec: { template: { spec: { infrastructureRef: { kind: 'SkerryMachineTemplate', name: 'named' } } } } },
    { metadata: { name: 'm', annotations: { 'cluster.x-k8s.io/cloned-from-name': 'cloned' } } },
  ];
  const all = [
    template('named'),
    template('cloned'),
    template('old'),
    template('new', '2026-01-02T00:00:00Z'),
  ];
  const gone = unusedTemplates(all, users, new Date('2026-01-02T00:10:00Z'));
  assert.deepEqual(
    gone.map(({ metadata }) => metadata.name),
    ['old'],
  );
});
