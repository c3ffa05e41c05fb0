import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSkerryError } from '../../../../content/error.ts';
import { bareMetalDriver } from './driver.ts';

const settings = { driver: 'ironic', images: { node: { iso: 'https://images.example/node.iso' } } };

test('settings that cannot be used are refused by path, without their values', () => {
  for (const [wrong, path] of [
    [{ ...settings, driver: 'ipmi' }, 'driver'],
    [{ ...settings, images: { node: { iso: 'https://user:hush@images.example/x' } } }, 'images.node'],
    [{ ...settings, images: { node: { image: 'https://images.example/x', sha256: 'hush' } } }, 'images.node'],
    [
      { ...settings, nodes: [{ name: 'a', bmc: { address: 'ftp://hush' }, resourceClass: 'x' }] },
      'nodes.0.bmc',
    ],
  ] as const)
    assert.throws(
      () => open(wrong, 'https://ironic.example'),
      (error) =>
        isSkerryError(error, 'ACCOUNT_INVALID') &&
        error.message.includes(path) &&
        !error.message.includes('hush'),
    );
  assert.throws(() => open(settings), { code: 'ACCOUNT_INVALID' });
});

test('a placement is checked before Ironic is asked', () => {
  assert.deepEqual(bareMetalDriver.checkPlacement({ resourceClass: 'small', nodes: ['a'] }), []);
  const [found] = bareMetalDriver.checkPlacement({ traits: 'CUSTOM_GPU' });
  assert.equal(found?.path, 'traits');
  assert.equal(bareMetalDriver.checkPlacement({ datacenter: 'x' }).length, 1);
});

function open(settings: object, endpoint?: string) {
  return bareMetalDriver.open({
    account: {
      origin: { project: 'team', name: 'rack' },
      type: 'baremetal',
      ...(endpoint === undefined ? {} : { endpoint }),
      credentials: { name: 'rack' },
      settings: JSON.parse(JSON.stringify(settings)),
    },
    credentials: {},
    now: () => new Date(0),
  });
}
