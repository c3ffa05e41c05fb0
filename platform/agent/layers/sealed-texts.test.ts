import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyError } from '../../../apply/errors.ts';
import { isSkerryError } from '../../../content/error.ts';
import { withoutSealed } from './sealed-texts.ts';

const SEALED = {
  auth: { password: 'hunter2"x', keys: ['hunter2"x-long'], port: 5432, tls: true, short: 'ab' },
};

test('what failed says nothing of what is sealed, in any form in which it may be quoted', () => {
  const base64 = Buffer.from(SEALED.auth.password).toString('base64');
  const detail = `'hunter2"x-long' and hunter2\\"x are no email, ${base64} neither; 5432; about ab`;
  const cause = new Error('hunter2"x');
  const error = withoutSealed(applyError('HELM_RENDER_FAILED', { subject: 'web', detail, cause }), SEALED);
  assert.ok(isSkerryError(error, 'HELM_RENDER_FAILED'));
  assert.doesNotMatch(`${error.message} ${error.detail} ${error.cause}`, /hunter2|5432/);
  assert.ok(!error.message.includes(base64));
  assert.match(error.detail ?? '', /are no email.*about ab/);
});

test('where nothing is sealed, what failed stays what it is', () => {
  const error = applyError('HELM_FAILED', { subject: 'web' });
  assert.equal(withoutSealed(error, {}), error);
});
