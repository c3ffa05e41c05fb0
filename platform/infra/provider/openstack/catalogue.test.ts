import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endpointOf } from './catalogue.ts';
import { readSettings } from './settings.ts';

const KEYSTONE = 'https://keystone.example/v3';
const catalogue = [
  service('compute', 'one', 'https://nova.example/v2/0123'),
  service('compute', 'two', 'https://nova.two.example:8774/compute/v2.1'),
  service('network', 'one', 'http://neutron.example:9696/'),
  service('image', 'one', 'https://glance.example/image/v2'),
];

test('whatever version and project a catalogue names, the version that is spoken is asked', () => {
  const ask = (type: 'compute' | 'image', settings: unknown) =>
    endpointOf(type, catalogue, readSettings(settings), KEYSTONE);
  assert.equal(ask('compute', { region: 'one' }), 'https://nova.example/v2.1');
  assert.equal(ask('compute', { region: 'two' }), 'https://nova.two.example:8774/compute/v2.1');
  assert.equal(ask('image', {}), 'https://glance.example/image/v2');
});

test('a region is not guessed, and no token goes out in clear', () => {
  for (const [type, settings] of [
    ['compute', {}],
    ['compute', { region: 'three' }],
    ['image', { interface: 'internal' }],
    ['network', {}],
  ] as const)
    assert.throws(() => endpointOf(type, catalogue, readSettings(settings), KEYSTONE), {
      code: 'ACCOUNT_INVALID',
    });
  const given = readSettings({ endpoints: { network: 'https://neutron.example' } });
  assert.equal(endpointOf('network', catalogue, given, KEYSTONE), 'https://neutron.example/v2.0');
});

function service(type: string, region_id: string, url: string) {
  return { type, endpoints: [{ interface: 'public', region_id, url }] };
}
