import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type EndedRequest, writeEntry } from './write-entry.ts';

const clusters = '/api/v1/projects/team/clusters';
const made: EndedRequest = {
  ...{ id: 'r1', method: 'POST', path: clusters, location: `${clusters}/quay`, operationId: 'createCluster' },
  ...{ user: 'ada', isDryRun: false, isEntry: false, status: 201, code: undefined },
};

test('what was made is named, and by whom', () => {
  assert.deepEqual(writeEntry(made), {
    ...{ actor: 'ada', action: 'createCluster', subject: `POST ${clusters}/quay`, outcome: 'done' },
    ...{ code: undefined, request: 'r1' },
  });
});

test('what was refused and what failed is written with its code and the path that was asked', () => {
  const refused = { ...made, location: undefined, status: 403, code: 'ACCESS_DENIED' };
  const failed = { ...refused, status: 422, code: 'PACK_UNKNOWN' };
  const said = [refused, failed].map((request) => {
    const { subject, outcome, code } = writeEntry(request) ?? assert.fail('not written');
    return [subject, outcome, code];
  });
  assert.deepEqual(said, [
    [`POST ${clusters}`, 'refused', 'ACCESS_DENIED'],
    [`POST ${clusters}`, 'failed', 'PACK_UNKNOWN'],
  ]);
});

test('where people are sent to sign in is not written', () => {
  const entry = { ...made, method: 'GET', path: '/auth/callback', isEntry: true, status: 302 };
  assert.equal(
    writeEntry({ ...entry, location: 'https://idp.example/?state=s3cret' })?.subject,
    'GET /auth/callback',
  );
});

test('nothing is written of what changes nothing: reads, dry runs, strangers, haste', () => {
  for (const change of [{ method: 'GET' }, { isDryRun: true }, { status: 401 }, { status: 429 }])
    assert.equal(writeEntry({ ...made, ...change }), undefined);
});
