import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isSkerryError } from '../../content/error.ts';
import type { KubeObject } from '../object.ts';
import { ScriptedApiServer } from '../testing/api-server.ts';
import { Definitions } from '../testing/definitions.ts';
import { migrateCrds, planMigration } from './migrate-crds.ts';

const signal = new AbortController().signal;
const NAME = 'widgets.example.com';
/** Waits pass at once. */
const clock = { now: () => performance.now(), sleep: async () => {} };

function version(
  name: string,
  { storage = false, properties = {}, required = [] as string[], keep = false } = {},
) {
  const spec = {
    type: 'object',
    properties,
    ...(required.length === 0 ? {} : { required }),
    ...(keep ? { 'x-kubernetes-preserve-unknown-fields': true } : {}),
  };
  const schema = { openAPIV3Schema: { type: 'object', properties: { spec, status: { type: 'object' } } } };
  return { name, served: true, storage, schema, subresources: { status: {} } };
}

function crd(...versions: readonly object[]): KubeObject {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: NAME },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { kind: 'Widget', plural: 'widgets' },
      versions,
    },
  };
}

function widget(name: string, spec: object): KubeObject {
  return { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name, namespace: 'shop' }, spec };
}

const size = { size: { type: 'integer' } };
const v1 = crd(version('v1', { storage: true, properties: size }));
const both = crd(version('v1', { properties: size }), version('v2', { storage: true, properties: size }));
const v2 = crd(version('v2', { storage: true, properties: size }));

interface Site {
  readonly server: ScriptedApiServer;
  readonly definitions: Definitions;
  readonly migrate: (...crds: readonly KubeObject[]) => Promise<void>;
}

async function withSite(run: (site: Site) => Promise<void>): Promise<void> {
  const server = await ScriptedApiServer.start();
  try {
    const definitions = new Definitions(server);
    const client = server.client();
    await run({
      server,
      definitions,
      migrate: (...crds) => migrateCrds({ client, crds, signal, clock }),
    });
  } finally {
    await server.close();
  }
}

function hasCode(code: string, ...words: readonly string[]) {
  return (error: unknown) => {
    assert.ok(isSkerryError(error, code), `${error}`);
    for (const word of words) assert.ok(error.detail?.includes(word), `${error.detail} lacks ${word}`);
    return true;
  };
}

describe('CRDs', () => {
  test('that are new are made, and made again without reading an object', () =>
    withSite(async ({ server, migrate }) => {
      await migrate(v1);
      server.put(widget('a', { size: 1 }));
      await migrate(v1);
      assert.ok(!server.calls.some((call) => call.startsWith('GET /apis/example.com/v1/widgets')));
    }));

  test('with another stored version have all objects stored in it, and the old version goes', () =>
    withSite(async ({ server, definitions, migrate }) => {
      await migrate(v1);
      server.put(...Array.from({ length: 1200 }, (_, index) => widget(`w${index}`, { size: index })));
      await migrate(both);
      assert.deepEqual(new Set(definitions.storedAs.values()), new Set(['v2']));
      assert.deepEqual(definitions.storedVersions(NAME), ['v2']);
      await migrate(v2);
      assert.deepEqual(definitions.versions(NAME), ['v2']);
      assert.equal(server.objects.all().filter(({ kind }) => kind === 'Widget').length, 1200);
    }));

  test('that drop a version in which objects are stored keep it until all are stored in another', () =>
    withSite(async ({ server, definitions, migrate }) => {
      await migrate(v1);
      server.put(widget('a', { size: 1 }));
      await migrate(v2);
      assert.equal(definitions.storedAs.get('Widget.example.com shop/a'), 'v2');
      assert.deepEqual(definitions.versions(NAME), ['v2']);
      await migrate(v1);
      assert.equal(definitions.storedAs.get('Widget.example.com shop/a'), 'v1');
      assert.deepEqual(definitions.versions(NAME), ['v1']);
    }));

  test('that were cut off at any call end the same when run again', () =>
    withSite(async ({ server, definitions, migrate }) => {
      await migrate(v1);
      server.put(widget('a', { size: 1 }), widget('b', { size: 2 }));
      server.calls.length = 0;
      await migrate(v2);
      const calls = server.calls.filter((call) => !call.startsWith('GET')).length;
      assert.ok(calls >= 5, `${calls} calls`);
      for (let cut = 0; cut < calls; cut++) {
        const [from, to] = cut % 2 === 0 ? [v1, v2] : [v2, v1];
        await migrate(from);
        let left = cut;
        server.onCall = () => {
          if (!server.calls.at(-1)?.startsWith('GET') && left-- === 0)
            server.fail({ path: /./, times: 100, how: 'cut' });
        };
        await assert.rejects(migrate(to));
        server.onCall = () => {};
        server.mend();
        await migrate(to);
        const wanted = to === v2 ? 'v2' : 'v1';
        assert.deepEqual([...definitions.storedAs.values()], [wanted, wanted]);
        assert.deepEqual(definitions.versions(NAME), [wanted]);
      }
    }));

  test('that would drop a field of stored objects are refused by name, and nothing is changed', () =>
    withSite(async ({ server, definitions, migrate }) => {
      const wide = {
        ...size,
        color: { type: 'string' },
        parts: {
          type: 'array',
          items: { type: 'object', properties: { a: { type: 'string' }, b: { type: 'string' } } },
        },
      };
      const narrow = {
        ...size,
        parts: { type: 'array', items: { type: 'object', properties: { a: { type: 'string' } } } },
      };
      await migrate(crd(version('v1', { storage: true, properties: wide })));
      server.put(
        widget('a', { size: 1, color: 'red', parts: [{ a: 'x' }, { b: 'y' }] }),
        widget('b', { size: 2 }),
      );
      const target = crd(
        version('v1', { properties: wide }),
        version('v2', { storage: true, properties: narrow }),
      );
      const before = server.objects.version;
      await assert.rejects(
        migrate(target),
        hasCode('CRD_LOSES_FIELDS', 'shop/a', 'spec.color', 'spec.parts[].b'),
      );
      assert.equal(server.objects.version, before);
      assert.deepEqual(definitions.versions(NAME), ['v1']);
      const client = server.client();
      const [plan] = await planMigration({ client, crds: [target], signal });
      assert.deepEqual(
        plan?.troubles.map(({ what, objects }) => [what, objects]),
        [['loses-fields', 1]],
      );
      await migrateCrds({ client, crds: [target], signal, clock, losses: 'allowed' });
      assert.deepEqual(definitions.storedVersions(NAME), ['v2']);
    }));

  test('whose rules stored objects break are refused; fields with defaults may be required', () =>
    withSite(async ({ server, migrate }) => {
      await migrate(v1);
      server.put(widget('a', { size: 1 }), widget('b', { size: 20 }));
      const name = { name: { type: 'string', default: 'x' } };
      await migrate(
        crd(version('v1', { storage: true, properties: { ...size, ...name }, required: ['name'] })),
      );
      const owner = { owner: { type: 'string' } };
      const required = crd(
        version('v1', { storage: true, properties: { ...size, ...owner }, required: ['owner'] }),
      );
      await assert.rejects(migrate(required), hasCode('CRD_REJECTS_OBJECTS', 'shop/a', 'owner'));
      const small = crd(
        version('v1', { storage: true, properties: { size: { type: 'integer', maximum: 10 } } }),
      );
      await assert.rejects(migrate(small), (error) => {
        assert.ok(hasCode('CRD_REJECTS_OBJECTS', 'shop/b', 'spec.size')(error));
        return isSkerryError(error) && !error.detail?.includes('shop/a');
      });
      await migrate(crd(version('v1', { storage: true, keep: true })));
    }));

  test('that would change their scope are refused', () =>
    withSite(async ({ migrate }) => {
      await migrate(v1);
      const cluster = { ...v1, spec: { ...Object(v1.spec), scope: 'Cluster' } };
      await assert.rejects(migrate(cluster), hasCode('CRD_CHANGE_REFUSED', 'spec.scope'));
    }));

  test('leave the old version where an object is refused while it is stored again', () =>
    withSite(async ({ server, definitions, migrate }) => {
      await migrate(v1);
      server.put(widget('a', { size: 1 }), widget('b', { size: 2 }));
      const message = 'admission webhook "guard" denied the request';
      server.fail({ method: 'PATCH', path: /widgets\/a$/, how: { status: 400, message } });
      await assert.rejects(migrate(v2), hasCode('CRD_MIGRATION_FAILED', 'shop/a', 'guard'));
      assert.deepEqual(definitions.versions(NAME), ['v2', 'v1']);
      assert.equal(definitions.storedAs.get('Widget.example.com shop/b'), 'v2');
      await migrate(v2);
      assert.deepEqual(definitions.versions(NAME), ['v2']);
    }));

  test('with a webhook that is about to come are moved when it has', () =>
    withSite(async ({ server, definitions, migrate }) => {
      await migrate(v1);
      server.put(widget('a', { size: 1 }));
      const conversion = { strategy: 'Webhook', webhook: { conversionReviewVersions: ['v1'] } };
      const target = { ...v2, spec: { ...Object(v2.spec), conversion } };
      const client = server.client();
      await migrateCrds({ client, crds: [target], stage: 'before', signal, clock });
      assert.deepEqual(definitions.versions(NAME), ['v2', 'v1']);
      assert.equal(definitions.storedAs.get('Widget.example.com shop/a'), 'v1');
      await migrateCrds({ client, crds: [target], stage: 'after', losses: 'allowed', signal, clock });
      assert.deepEqual(definitions.versions(NAME), ['v2']);
      assert.equal(definitions.storedAs.get('Widget.example.com shop/a'), 'v2');
    }));
});
