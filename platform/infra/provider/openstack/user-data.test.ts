import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { encodeUserData } from './user-data.ts';

test('what Nova would not take is packed, and what is too long even then refused', () => {
  const long = `#cloud-config\n# ${'certificates '.repeat(10_000)}\nid: {{v1.instance_id}}\n`;
  const packed = Buffer.from(encodeUserData(long, 'one'), 'base64');
  assert.equal(gunzipSync(packed).toString(), long.replace('{{v1.instance_id}}', 'one'));
  const endless = randomBytes(60_000).toString('base64');
  assert.throws(() => encodeUserData(endless, 'one'), { code: 'MACHINE_FAILED' });
});

test('an id is put in as it is', () => {
  const encoded = encodeUserData('{{ v1.instance_id }} {{ v1.instance_id }} {{ local_hostname }}', '$&');
  assert.equal(Buffer.from(encoded, 'base64').toString(), '$& $& {{ local_hostname }}');
});
