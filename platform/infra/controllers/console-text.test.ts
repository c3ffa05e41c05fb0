import assert from 'node:assert/strict';
import { test } from 'node:test';
import { consoleText } from './console-text.ts';

test('a console is shown plain, and its end begins with a whole line', () => {
  assert.equal(consoleText('\u001b[1;31mred\u001b[0m\r\nnext\u0007\n\n', 100), 'red\nnext');
  assert.equal(consoleText('one line\nanother line\nthe last', 15), 'the last');
  assert.equal(consoleText('x'.repeat(20), 5), 'xxxxx');
});

test('what lets in does not leave the site in a console', () => {
  const said = [
    'kubeadm join 10.0.0.1:6443 --token abcdef.0123456789abcdef',
    `--certificate-key ${'a'.repeat(64)}`,
    '-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----',
    'password: "hunter2"',
    '{"token":"sesame","user":"root"}',
    'error: 10.0.0.1:6443 does not answer',
  ].join('\n');
  const text = consoleText(said, 4000);
  assert.doesNotMatch(text, /abcdef\.0123|aaaa|MIIE|hunter2|sesame/);
  assert.match(text, /10\.0\.0\.1:6443 does not answer/);
  assert.match(text, /"user":"root"/);
});

test('a key that is cut off at the end is left out as well', () => {
  assert.equal(consoleText('a\n-----BEGIN PRIVATE KEY-----\nMIIE', 100), 'a\n(a private key)');
});
