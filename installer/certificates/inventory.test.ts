import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import type { KubeObject } from '../../apply/object.ts';
import { ScriptedApiServer } from '../../apply/testing/api-server.ts';
import { testCertificate } from '../../content/testing/certificate.ts';
import { describeInventory } from './describe.ts';
import { readInventory } from './inventory.ts';

const MADE = new Date('2030-01-01T00:00:00Z');
const DAY_MS = 86_400_000;
const PASSWORD = 'a-password-nobody-may-see';

function secret(name: string, texts: Record<string, string>, more: object = {}): KubeObject {
  const data = Object.fromEntries(
    Object.entries(texts).map(([key, text]) => [key, Buffer.from(text).toString('base64')]),
  );
  const metadata = { name, namespace: 'skerry-system', creationTimestamp: '2030-01-01T00:00:00Z' };
  return { apiVersion: 'v1', kind: 'Secret', metadata, data, ...more };
}

const CLUSTERS: KubeObject = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'clusters.skerry.dev' },
  spec: {
    group: 'skerry.dev',
    names: { kind: 'Cluster', plural: 'clusters' },
    scope: 'Namespaced',
    versions: [{ name: 'v1alpha1', served: true }],
  },
};

describe('the inventory of certificates', async () => {
  const from = new Date(MADE.getTime() - DAY_MS);
  const authority = await testCertificate({ from, until: new Date('2039-12-30T00:00:00Z'), ca: true });
  const serving = await testCertificate({ from, until: new Date('2031-01-01T00:00:00Z') });
  let server: ScriptedApiServer;
  before(async () => {
    server = await ScriptedApiServer.start();
    const own = { 'tls.crt': serving.cert, 'tls.key': serving.key };
    server.put(
      secret('skerry-hub-tls', { ...own, 'ca.crt': authority.cert, 'ca.key': authority.key }),
      secret('skerry-hub-authority', {
        ...{ 'ca-1.crt': authority.cert, 'ca-1.key': authority.key },
        ...{ 'signing-1.key': 'a key', issuer: '1', signer: '1' },
      }),
      secret('skerry-registry-push', { username: 'skerry', password: PASSWORD }),
      secret('web-tls', own),
      secret('sh.helm.release.v1.hub.v1', { release: authority.cert }, { type: 'helm.sh/release.v1' }),
      CLUSTERS,
      {
        apiVersion: 'skerry.dev/v1alpha1',
        kind: 'Cluster',
        metadata: { name: 'north', namespace: 'ships' },
        status: { agent: { certificateUntil: '2030-12-01T00:00:00.000Z' } },
      },
    );
  });
  after(async () => await server.close());
  beforeEach(() => {
    server.denied = () => false;
  });

  const inventoryAt = async (now: Date) =>
    await readInventory({
      client: server.client(),
      namespaces: ['skerry-system'],
      now: () => now,
      signal: AbortSignal.timeout(10_000),
    });
  const statesAt = async (now: Date) => {
    const { certificates } = await inventoryAt(now);
    return Object.fromEntries(certificates.map(({ name, state }) => [name, state]));
  };

  test('names everything with its dates, and nothing of what it holds', async () => {
    const inventory = await inventoryAt(new Date(MADE.getTime() + DAY_MS));
    assert.deepEqual(
      inventory.certificates.map(({ name, kind, state }) => `${name}, ${kind}, ${state}`),
      [
        'certificate of agent ships/north, certificate, good',
        'hub certificate, certificate, good',
        'certificate of web-tls, certificate, good',
        'agents’ authority 1, authority, good',
        'hub authority, authority, good',
        'key that signs envelopes 1, key, endless',
        'password that pushes to the registry, password, endless',
      ],
    );
    assert.deepEqual([inventory.warnings, inventory.unread], [[], []]);
    const hub = inventory.certificates.find(({ name }) => name === 'hub certificate');
    assert.equal(hub?.from, '2029-12-31T00:00:00.000Z');
    assert.equal(hub.until, '2031-01-01T00:00:00.000Z');
    assert.match(hub.renewedFrom ?? '', /^2030-0[89]/);
    const said = JSON.stringify(inventory) + describeInventory(inventory).join('\n');
    for (const hidden of [PASSWORD, 'PRIVATE KEY', 'a key']) assert.ok(!said.includes(hidden), hidden);
  });

  test('tells what is being renewed from what is late, over, or not begun', async () => {
    const at = async (time: string) => (await statesAt(new Date(time)))['hub certificate'];
    assert.equal(await at('2030-08-15T00:00:00Z'), 'good');
    assert.equal(await at('2030-09-15T00:00:00Z'), 'due');
    assert.equal(await at('2030-12-01T00:00:00Z'), 'late');
    assert.equal(await at('2031-01-02T00:00:00Z'), 'ended');
    assert.equal(await at('2020-01-01T00:00:00Z'), 'not-begun');
  });

  test('warns of what should have been renewed, by the platform or by others', async () => {
    const { warnings } = await inventoryAt(new Date('2031-01-02T00:00:00Z'));
    assert.equal(warnings.length, 3);
    assert.match(warnings[1] ?? '', /^hub certificate ended at 2031-01-01T00:00:00.000Z, 1 days ago/);
    const ahead = await inventoryAt(new Date('2041-01-01T00:00:00Z'));
    assert.equal(ahead.warnings.length, 5);
  });

  test('names what it may not read, and goes on', async () => {
    server.denied = ({ resource }) => resource === 'secrets';
    const { certificates, unread } = await inventoryAt(MADE);
    assert.deepEqual(unread, ['Secrets of skerry-system: CLUSTER_FORBIDDEN']);
    assert.equal(certificates.length, 1);
  });
});
