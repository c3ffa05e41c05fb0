import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { systemClock } from '../../../apply/clock.ts';
import { listAt, textAt } from '../../../apply/json.ts';
import type { KubeObject } from '../../../apply/object.ts';
import { ScriptedApiServer } from '../../../apply/testing/api-server.ts';
import { AgentLog } from '../../agent/log.ts';
import { INJECT_ANNOTATION } from './inject-authority.ts';
import { keepOnce, SERVING_ANNOTATION } from './keep-certificates.ts';

const NAMES = ['webhook.capi-system.svc', 'webhook.capi-system.svc.cluster.local'];
const inject = { [INJECT_ANNOTATION]: 'true' };

describe('certificates of webhooks', () => {
  let server: ScriptedApiServer;
  beforeEach(async () => {
    server = await ScriptedApiServer.start();
    server.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'skerry-infra' } });
    server.put(...['Validating', 'Mutating'].map((what) => definition(`${what}WebhookConfiguration`)));
    server.put(
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: {
          name: 'webhook',
          namespace: 'capi-system',
          annotations: { [SERVING_ANNOTATION]: 'serving' },
        },
      },
      {
        apiVersion: 'apiextensions.k8s.io/v1',
        kind: 'CustomResourceDefinition',
        metadata: { name: 'things.example.org', annotations: inject },
        spec: {
          group: 'example.org',
          scope: 'Namespaced',
          names: { kind: 'Thing', plural: 'things' },
          versions: [{ name: 'v1', served: true, storage: true }],
          conversion: { strategy: 'Webhook', webhook: { clientConfig: { service: { name: 'webhook' } } } },
        },
      },
      {
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'ValidatingWebhookConfiguration',
        metadata: { name: 'checks', annotations: inject },
        webhooks: [{ name: 'a' }, { name: 'b' }].map((one) => ({ ...one, clientConfig: { service: {} } })),
      },
    );
  });
  afterEach(async () => await server.close());
  const keep = async (now: Date) =>
    await keepOnce({
      client: server.client(),
      namespace: 'skerry-infra',
      clock: systemClock,
      now: () => now,
      log: new AgentLog({ write: () => true }, 'silent', () => now),
      signal: new AbortController().signal,
    });
  const secret = (key: string) =>
    Buffer.from(
      textAt(server.objects.find('Secret capi-system/serving'), 'data', key) ?? '',
      'base64',
    ).toString();
  const bundles = () => {
    const crd = server.objects.find('CustomResourceDefinition.apiextensions.k8s.io things.example.org');
    const hooks = server.objects.find('ValidatingWebhookConfiguration.admissionregistration.k8s.io checks');
    return [
      textAt(crd, 'spec', 'conversion', 'webhook', 'clientConfig', 'caBundle'),
      ...listAt(hooks, 'webhooks').map((one) => textAt(one, 'clientConfig', 'caBundle')),
    ];
  };

  test('are made, trusted where it is asked for, and left alone while they are good', async () => {
    const now = new Date('2026-01-01T00:00:00Z');
    await keep(now);
    const made = new X509Certificate(secret('tls.crt'));
    for (const name of NAMES) assert.equal(made.checkHost(name), name);
    assert.equal(made.verify(new X509Certificate(secret('ca.crt')).publicKey), true);
    const expected = Buffer.from(secret('ca.crt')).toString('base64');
    assert.deepEqual(bundles(), [expected, expected, expected]);
    const before = server.calls.length;
    await keep(now);
    assert.deepEqual(
      server.calls.slice(before).filter((call) => !call.startsWith('GET')),
      [],
    );
  });

  test('are renewed before they end', async () => {
    await keep(new Date('2026-01-01T00:00:00Z'));
    const first = secret('tls.crt');
    await keep(new Date(Date.parse(new X509Certificate(first).validTo) - 86_400_000));
    assert.notEqual(secret('tls.crt'), first);
  });
});

function definition(kind: string): KubeObject {
  const [group, plural] = ['admissionregistration.k8s.io', `${kind.toLowerCase()}s`];
  const versions = [{ name: 'v1', served: true, storage: true }];
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: { group, scope: 'Cluster', names: { kind, plural }, versions },
  };
}
