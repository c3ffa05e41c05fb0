import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isSkerryError } from '../../content/error.ts';
import type { FieldConflict } from '../client/client.ts';
import { applyError } from '../errors.ts';
import { at } from '../json.ts';
import type { KubeObject } from '../object.ts';
import { type ConflictPolicy, findOwners, settleOwners } from './owners.ts';

const release = { name: 'web', namespace: 'here' };

function deployment(spec: object): KubeObject {
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' }, spec };
}

/** A cluster in which `owned` fields of every object belong to others. */
class Site {
  existing: KubeObject | undefined;
  owned: readonly (FieldConflict & { present: (object: KubeObject) => boolean })[] = [];
  failing: { code: Parameters<typeof applyError>[0] } | undefined;
  readonly asked: { object: KubeObject; fieldManager: string | undefined }[] = [];

  readonly client = {
    resource: async (apiVersion: string, kind: string) => ({
      apiVersion,
      kind,
      plural: 'x',
      namespaced: true,
    }),
    get: async () => this.existing,
    conflicts: async (object: KubeObject, options: { fieldManager?: string | undefined } = {}) => {
      this.asked.push({ object, fieldManager: options.fieldManager });
      if (this.failing !== undefined) throw applyError(this.failing.code, { subject: 'x' });
      return this.owned
        .filter(({ present }) => present(object))
        .map(({ field, manager }) => ({ field, manager }));
    },
  };

  settle(objects: readonly KubeObject[], policy: ConflictPolicy, crds: readonly KubeObject[] = []) {
    const { signal } = new AbortController();
    return settleOwners({ client: this.client, signal, crds }, release, objects, policy);
  }
}

const image = {
  field: '.spec.image',
  manager: 'kubectl-set',
  present: (object: KubeObject) => at(object, 'spec', 'image') !== undefined,
};

describe('owners of fields', () => {
  test('the question is asked as Helm, with its marks, in the namespace of the release', async () => {
    const site = new Site();
    await site.settle([deployment({})], 'stop');
    const [asked] = site.asked;
    assert.equal(asked?.fieldManager, 'helm');
    assert.equal(asked?.object.metadata.namespace, 'here');
    assert.equal(asked?.object.metadata.annotations?.['meta.helm.sh/release-name'], 'web');
  });

  test('under stop all conflicts of all objects are named, and none is left out of sight', async () => {
    const site = new Site();
    site.owned = [image, { ...image, field: '.spec.other', manager: 'flux' }];
    const objects = [
      deployment({ image: 'a' }),
      { ...deployment({ image: 'b' }), metadata: { name: 'api' } },
    ];
    await assert.rejects(site.settle(objects, 'stop'), (error) => {
      assert.ok(isSkerryError(error, 'APPLY_CONFLICT'), String(error));
      for (const part of ['web .spec.image belongs to kubectl-set', 'api .spec.other belongs to flux'])
        assert.ok(error.detail?.includes(part), String(error.detail));
      return true;
    });
  });

  test('under keep the field is left out, and what comes to light then as well', async () => {
    const site = new Site();
    const tag = {
      field: '.spec.tag',
      manager: 'flux',
      present: (object: KubeObject) => !image.present(object) && at(object, 'spec', 'tag') !== undefined,
    };
    site.owned = [image, tag];
    const { objects, conflicts } = await site.settle([deployment({ image: 'a', tag: 'b', rest: 1 })], 'keep');
    assert.deepEqual(objects, [deployment({ rest: 1 })]);
    assert.deepEqual(
      conflicts.map(({ field }) => field),
      ['.spec.image', '.spec.tag'],
    );
  });

  test('under take everything stays in, and the conflicts are known', async () => {
    const site = new Site();
    site.owned = [image];
    const objects = [deployment({ image: 'a' })];
    const taken = await site.settle(objects, 'take');
    assert.deepEqual(taken.objects, objects);
    assert.equal(taken.conflicts.length, 1);
  });

  test('a schema that never comes to an end does not keep us', async () => {
    const site = new Site();
    site.owned = [{ ...image, present: () => true }];
    const { conflicts } = await site.settle([deployment({ image: 'a' })], 'keep');
    assert.equal(conflicts.length, 1);
  });

  for (const subresource of ['scale', undefined]) {
    test(`replicas set ${subresource === undefined ? 'by an apply are the release’s' : 'by a scaler are its own'}`, async () => {
      const site = new Site();
      const fieldsV1 = { 'f:spec': { 'f:replicas': {} } };
      site.existing = {
        ...deployment({}),
        metadata: { name: 'web', managedFields: [{ manager: 'x', subresource, fieldsV1 }] },
      };
      const { objects } = await site.settle([deployment({ replicas: 2, image: 'a' })], 'stop');
      assert.equal(at(objects[0], 'spec', 'replicas'), subresource === undefined ? 2 : undefined);
    });
  }

  test('a custom resource may have its number of replicas anywhere', async () => {
    const site = new Site();
    const fieldsV1 = {
      'f:spec': { 'f:pool': { 'f:size': {} } },
      'f:metadata': { 'f:labels': { 'f:a': {} } },
    };
    site.existing = {
      ...deployment({}),
      metadata: { name: 'web', managedFields: [{ manager: 'x', subresource: 'scale', fieldsV1 }] },
    };
    const object = {
      ...deployment({ pool: { size: 2, kind: 'a' }, replicas: 3 }),
      metadata: { name: 'web', labels: { a: 'b' } },
    };
    const { objects } = await site.settle([object], 'stop');
    assert.deepEqual(objects[0]?.spec, { pool: { kind: 'a' }, replicas: 3 });
    assert.deepEqual(objects[0]?.metadata.labels, { a: 'b' });
  });

  test('fields of an older Helm are for Helm itself to take over', async () => {
    const site = new Site();
    site.owned = [{ ...image, manager: 'helm' }];
    assert.deepEqual((await site.settle([deployment({ image: 'a' })], 'stop')).conflicts, []);
  });

  test('what a dry run cannot tell is left to the apply', async () => {
    for (const code of ['KIND_UNKNOWN', 'NAMESPACE_NOT_FOUND', 'OBJECT_REFUSED', 'CLUSTER_ERROR'] as const) {
      const site = new Site();
      site.failing = { code };
      const objects = [deployment({})];
      assert.deepEqual(await site.settle(objects, 'stop'), { objects, conflicts: [] });
    }
  });

  test('what is invalid is refused, unless its CRD is about to change', async () => {
    const site = new Site();
    site.failing = { code: 'OBJECT_INVALID' };
    await assert.rejects(site.settle([deployment({})], 'stop'), (error) =>
      isSkerryError(error, 'OBJECT_INVALID'),
    );
    const names = { kind: 'Deployment', plural: 'deployments', singular: 'deployment' };
    const crd = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'deployments.apps' },
      spec: { group: 'apps', names, scope: 'Namespaced', versions: [{ name: 'v1', served: true }] },
    };
    assert.deepEqual((await site.settle([deployment({})], 'stop', [crd])).conflicts, []);
  });

  test('a hook that is there, and what gets another name each time, is not asked about', async () => {
    const site = new Site();
    site.existing = deployment({});
    const hook = {
      ...deployment({}),
      metadata: { name: 'h', annotations: { 'helm.sh/hook': 'pre-install' } },
    };
    const nameless = { ...deployment({}), metadata: { name: 'seed-', generateName: 'seed-' } };
    const { signal } = new AbortController();
    await findOwners({ client: site.client, signal }, release, [hook, nameless], 'stop');
    assert.deepEqual(site.asked, []);
  });
});
