import assert from 'node:assert/strict';
import { test } from 'node:test';
import { awsErrorCode } from './aws-error.ts';

test('The same mishap has one code, whichever service says it', () => {
  for (const name of ['ExpiredToken', 'ExpiredTokenException', 'InvalidClientTokenId', 'AuthFailure']) {
    assert.equal(awsErrorCode(name), 'CREDENTIALS_REFUSED', name);
  }
  for (const name of [
    'ResourceLimitExceededException',
    'VpcLimitExceeded',
    'ServiceQuotaExceededException',
  ]) {
    assert.equal(awsErrorCode(name), 'QUOTA_EXCEEDED', name);
  }
  for (const name of ['AccessDenied', 'AccessDeniedException', 'UnauthorizedOperation']) {
    assert.equal(awsErrorCode(name), 'CLOUD_PERMISSION_MISSING', name);
  }
});

test('Being asked too often is no quota', () => {
  for (const name of [
    'RequestLimitExceeded',
    'Throttling',
    'ThrottlingException',
    'TooManyRequestsException',
  ]) {
    assert.equal(awsErrorCode(name), 'CLOUD_REQUEST_FAILED', name);
  }
});
