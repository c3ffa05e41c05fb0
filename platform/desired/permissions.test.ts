import assert from 'node:assert/strict';
import { test } from 'node:test';
import { APPLY_VERBS, rulesOf } from './permissions.ts';

test('packs together need each thing once, and more than applying only where one of them says so', () => {
  const web = { permissions: [permission('apps', 'deployments'), permission('', 'services')] };
  const operator = {
    permissions: [
      permission('apps', 'deployments'),
      permission('', 'configmaps'),
      permission('rbac.authorization.k8s.io', 'clusterroles'),
      { ...permission('rbac.authorization.k8s.io', 'clusterroles'), verbs: ['escalate'] },
      { ...permission('rbac.authorization.k8s.io', 'clusterroles'), verbs: ['bind'] },
    ],
  };
  assert.deepEqual(rulesOf([web, operator]), [
    { apiGroups: [''], resources: ['configmaps', 'services'], verbs: APPLY_VERBS },
    { apiGroups: ['apps'], resources: ['deployments'], verbs: APPLY_VERBS },
    {
      apiGroups: ['rbac.authorization.k8s.io'],
      resources: ['clusterroles'],
      verbs: [...APPLY_VERBS, 'bind', 'escalate'],
    },
  ]);
  assert.deepEqual(rulesOf([operator, web]), rulesOf([web, operator]));
});

function permission(group: string, resource: string) {
  return { group, resource };
}
