import assert from 'node:assert/strict';
import { test } from 'node:test';
import { permissionsOf } from './pack-permissions.ts';

const OPERATOR = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: octopi.sea.example}
spec: {group: sea.example, scope: Namespaced, names: {kind: Octopus, plural: octopi}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: operator}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: operator}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: operator}
`;
const PLAIN = `
apiVersion: sea.example/v1
kind: Octopus
metadata: {name: one}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: one}
---
apiVersion: batch/v1
kind: Job
metadata: {name: hook, annotations: {helm.sh/hook: pre-install}}
`;
const PRESET = `${PLAIN}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: one}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: one}
`;

test('a pack says what applying it takes, presets and hooks included', () => {
  const renderings = [rendering('plain', PLAIN), rendering('plain', PRESET), rendering('operator', OPERATOR)];
  assert.deepEqual(permissionsOf({ name: 'plain', version: '1.0.0' }, renderings), [
    { group: 'batch', resource: 'jobs' },
    { group: 'gateway.networking.k8s.io', resource: 'gateways' },
    { group: 'networking.k8s.io', resource: 'ingresses' },
    { group: 'networking.k8s.io', resource: 'networkpolicies' },
    // The CRD of another pack names it so.
    { group: 'sea.example', resource: 'octopi' },
  ]);
});

test('what grants rights needs to be allowed to grant them, and nothing else does', () => {
  const rbac = 'rbac.authorization.k8s.io';
  assert.deepEqual(permissionsOf({ name: 'operator', version: '1.0.0' }, [rendering('operator', OPERATOR)]), [
    { group: 'apiextensions.k8s.io', resource: 'customresourcedefinitions' },
    { group: rbac, resource: 'clusterroles' },
    { group: rbac, resource: 'clusterroles', verbs: ['bind'] },
    { group: rbac, resource: 'clusterroles', verbs: ['escalate'] },
    { group: rbac, resource: 'rolebindings' },
  ]);
});

test('of several versions of a pack each takes what it needs itself', () => {
  const renderings = [rendering('one', PLAIN), rendering('one', OPERATOR, '2.0.0')];
  const resources = (version: string) =>
    permissionsOf({ name: 'one', version }, renderings).map(({ resource }) => resource);
  assert.ok(resources('1.0.0').includes('jobs') && !resources('1.0.0').includes('clusterroles'));
  assert.ok(resources('2.0.0').includes('clusterroles') && !resources('2.0.0').includes('jobs'));
});

function rendering(pack: string, text: string, packVersion = '1.0.0') {
  const use = { name: pack, namespace: 'default', chart: pack, where: `pack ${pack}`, pack, packVersion };
  return { text, use };
}
