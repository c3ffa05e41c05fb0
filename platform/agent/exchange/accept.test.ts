import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { isSkerryError } from '../../../content/error.ts';
import { sign } from '../../desired/dsse.ts';
import { ENVELOPE_TYPE, type Envelope } from '../../desired/envelope.ts';
import { fingerprint } from '../../desired/fingerprint.ts';
import { type AcceptRules, acceptEnvelope } from './accept.ts';

const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const cluster = { project: 'sea', name: 'north', id: 'uid' };
const envelope: Envelope = {
  version: 1,
  cluster,
  number: 2,
  issuedAt: '2026-01-01T00:00:00.000Z',
  layers: [],
  remove: [],
  registries: [],
  hub: { urls: ['https://hub.example'], authorities: ['ca'], keys: ['key'] },
  paused: false,
};

function accept(more: object, rules: Partial<AcceptRules> = {}): string {
  const bytes = Buffer.from(JSON.stringify({ ...envelope, ...more }));
  const signed = sign(ENVELOPE_TYPE, bytes, privateKey, fingerprint(publicKey));
  try {
    return `number ${acceptEnvelope(signed, { keys: [publicKey], cluster, held: undefined, ...rules }).envelope.number}`;
  } catch (error) {
    assert.ok(isSkerryError(error));
    return error.code;
  }
}

test('an envelope with fields that this agent does not know is taken without them', () => {
  assert.equal(accept({ wind: { from: 'north' } }), 'number 2');
});

test('one that needs what this agent does not know is not taken: passing it over would do something else', () => {
  assert.equal(accept({ requires: ['canary'] }), 'ENVELOPE_TOO_NEW');
  assert.equal(accept({ requires: ['canary', 'clock'] }, { features: ['clock'] }), 'ENVELOPE_TOO_NEW');
  assert.equal(accept({ requires: ['canary'] }, { features: ['clock', 'canary'] }), 'number 2');
  assert.equal(accept({ requires: [] }), 'number 2');
});

test('one of another cluster, an old one, and another one of the number that is held are not taken', () => {
  assert.equal(accept({ cluster: { ...cluster, id: 'a copy' } }), 'ENVELOPE_FOREIGN');
  const held = (number: number) => ({ held: { number, digest: 'sha256:0' } });
  assert.equal(accept({}, held(3)), 'ENVELOPE_OUTDATED');
  assert.equal(accept({}, held(2)), 'ENVELOPE_CONFLICT');
  assert.equal(accept({}, held(1)), 'number 2');
});
