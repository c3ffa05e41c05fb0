import assert from 'node:assert/strict';
import { test } from 'node:test';
import { remoteAddressOf } from './remote-address.ts';

test('an IPv4 client is shown as one, whatever the socket takes besides', () => {
  const shown = (remoteAddress: string | undefined) => remoteAddressOf({ remoteAddress });
  assert.equal(shown('::ffff:10.0.0.7'), '10.0.0.7');
  assert.equal(shown('10.0.0.7'), '10.0.0.7');
  assert.equal(shown('2001:db8::ffff:1'), '2001:db8::ffff:1');
  assert.equal(shown('::ffff:a00:7'), '::ffff:a00:7');
  assert.equal(shown(undefined), undefined);
});
