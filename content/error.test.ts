import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contentError } from './errors.ts';

test('what comes from outside cannot steer the terminal that shows it, nor fill it', () => {
  const error = contentError('REGISTRY_ERROR', {
    subject: 'evil\u001b[2J\u0007 name\n',
    detail: `\u009b31m ${'x'.repeat(1_000_000)}`,
  });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they must not be there
  assert.doesNotMatch(error.message, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
  assert.match(error.subject, /^evil.*name/);
  assert.ok(error.message.length < 10_000);
});
