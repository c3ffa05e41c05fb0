import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPresignedWith, presignedUrl, signedHeaders } from './signature.ts';

// Keys and requests of the published test suite of Signature Version 4.
const KEYS = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
};
const SCOPE = { region: 'us-east-1', service: 'service' };
const NOW = new Date('2015-08-30T12:36:00Z');

test('A request is signed as the published test suite says (get-vanilla)', () => {
  const url = new URL('https://example.amazonaws.com/');
  const { authorization } = signedHeaders({ method: 'GET', url }, KEYS, SCOPE, NOW);
  assert.equal(
    authorization,
    'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
  );
});

test('Parameters are signed in their order by name (get-vanilla-query-order-key-case)', () => {
  const url = new URL('https://example.amazonaws.com/?Param2=value2&Param1=value1');
  const { authorization } = signedHeaders({ method: 'GET', url }, KEYS, SCOPE, NOW);
  assert.match(
    authorization ?? '',
    /Signature=b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500$/,
  );
});

test('A presigned address is known by its secret alone, and only with the headers it was made for', () => {
  const url = new URL('https://sts.eu-west-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15');
  const scope = { region: 'eu-west-1', service: 'sts' };
  const keys = { ...KEYS, sessionToken: 'a+token/==' };
  const headers = { 'x-k8s-aws-id': 'site-a' };
  const made = presignedUrl({ method: 'GET', url, headers }, keys, scope, NOW, 60);
  assert.equal(isPresignedWith(made, headers, KEYS.secretAccessKey), true);
  assert.equal(isPresignedWith(made, headers, 'another'), false);
  assert.equal(isPresignedWith(made, { 'x-k8s-aws-id': 'site-b' }, KEYS.secretAccessKey), false);
  made.searchParams.set('Action', 'AssumeRole');
  assert.equal(isPresignedWith(made, headers, KEYS.secretAccessKey), false);
});
