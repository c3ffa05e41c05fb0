import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import type { Access } from '../../apply/client/client.ts';
import type { KubeObject } from '../../apply/object.ts';
import { ScriptedApiServer } from '../../apply/testing/api-server.ts';
import { readDenied } from './permissions.ts';

const RBAC = 'rbac.authorization.k8s.io';
let server: ScriptedApiServer;
before(async () => {
  server = await ScriptedApiServer.start();
});
after(async () => await server.close());
beforeEach(() => {
  server.denied = () => false;
});

/** What is missed of a chart by a user who is no administrator and may do all but these. */
async function missing(
  objects: readonly KubeObject[],
  denied: (access: Access) => boolean,
): Promise<string[]> {
  server.denied = (access) => access.verb === '*' || denied(access);
  const crds = objects.filter(({ kind }) => kind === 'CustomResourceDefinition');
  const others = objects.filter((object) => !crds.includes(object));
  const component = { name: 'app', namespace: 'app', crds, objects: others };
  const found = await readDenied(server.client(), [component], AbortSignal.timeout(10_000));
  return found
    .map(({ verb, group, resource, namespace = '*' }) => `${verb} ${resource}.${group} in ${namespace}`)
    .sort();
}

test('an administrator is asked about once', async () => {
  const before = server.calls.length;
  assert.deepEqual(await readDenied(server.client(), [], undefined), []);
  assert.equal(server.calls.length, before + 1);
});

test('what a chart brings is asked for, kind by kind, in the namespace where it goes', async () => {
  const policy = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'p', namespace: 'elsewhere' },
  };
  const may = ({ resource, verb }: Access) => resource === 'networkpolicies' && verb === 'patch';
  assert.deepEqual(await missing([policy], may), ['patch networkpolicies.networking.k8s.io in elsewhere']);
  assert.deepEqual(await missing([], may), []);
});

test('also kinds that come with the chart itself, which the cluster does not know yet', async () => {
  const crd = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'widgets.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { kind: 'Widget', plural: 'widgets' },
      versions: [],
    },
  };
  const widget = { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'w' } };
  const may = ({ group, verb }: Access) => group === 'example.com' && verb === 'create';
  assert.deepEqual(await missing([crd, widget], may), ['create widgets.example.com in app']);
});

test('a role asks for the rights that are in it, unless the user may escalate', async () => {
  const role = {
    apiVersion: `${RBAC}/v1`,
    kind: 'ClusterRole',
    metadata: { name: 'r' },
    rules: [{ apiGroups: [''], resources: ['secrets'], verbs: ['watch'] }],
  };
  const lacks = ({ verb, resource }: Access) =>
    verb === 'escalate' || verb === 'bind' || (verb === 'watch' && resource === 'secrets');
  assert.deepEqual(await missing([role], lacks), ['watch secrets. in *']);
  assert.deepEqual(await missing([role], (access) => lacks(access) && access.verb !== 'escalate'), []);
  const binding = {
    apiVersion: `${RBAC}/v1`,
    kind: 'RoleBinding',
    metadata: { name: 'b' },
    roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: 'r' },
  };
  const bound = await missing([role, binding], lacks);
  assert.deepEqual(bound, ['watch secrets. in *', 'watch secrets. in app']);
});

test('a binding to a role that nobody can look at asks for bind', async () => {
  const binding = {
    apiVersion: `${RBAC}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name: 'b' },
    roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: 'nowhere' },
  };
  assert.deepEqual(await missing([binding], ({ verb }) => verb === 'bind'), [
    `bind clusterroles.${RBAC} in *`,
  ]);
});
