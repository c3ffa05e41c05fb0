import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkPlacement } from './placement.ts';

test('what is wrong with a placement is told by its path', () => {
  assert.deepEqual(checkPlacement({ network: 'machines', bootVolume: { type: 'ssd' } }), []);
  const wrong = { datastore: 'fast', serverGroup: 'apart', allowedAddresses: ['everywhere'] };
  assert.deepEqual(
    checkPlacement(wrong).map(({ path }) => path),
    ['network', 'serverGroup', 'allowedAddresses.0', ''],
  );
});
