import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { noSessionCookies, readCookies, SESSION_COOKIE, sessionCookies, sessionIn } from './cookie.ts';
import { HOME_PATH, returnPath } from './return-path.ts';

/** As a browser sends back what it was given. */
function sentBack(lines: readonly string[], jar = new Map<string, string>()): string {
  for (const line of lines) {
    const [pair = ''] = line.split(';');
    const at = pair.indexOf('=');
    if (line.endsWith('Max-Age=0')) jar.delete(pair.slice(0, at));
    else jar.set(pair.slice(0, at), pair.slice(at + 1));
  }
  return [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
}

describe('the cookies of a session', () => {
  test('give back what was put into them, also after a longer one, and none is too long for a browser', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 11_400 }), fc.integer({ min: 1, max: 11_400 }), (first, then) => {
        const jar = new Map<string, string>();
        for (const text of ['a'.repeat(first), 'b'.repeat(then)]) {
          const lines = sessionCookies(text, 60) ?? assert.fail('too long');
          for (const line of lines) assert.ok(line.length <= 4_096);
          assert.equal(sessionIn(sentBack(lines, jar)), text);
        }
        assert.equal(sessionIn(sentBack(noSessionCookies(), jar)), undefined);
      }),
    );
    assert.equal(sessionCookies('a'.repeat(11_401), 60), undefined);
  });

  test('are found among others, whatever those are', () => {
    assert.equal(sessionIn(`a=b; ${SESSION_COOKIE}=x; ${SESSION_COOKIE}=y; =; ;;c`), 'x');
    assert.equal(sessionIn(undefined), undefined);
    assert.equal(sessionIn(`${SESSION_COOKIE}=`), undefined);
    fc.assert(fc.property(fc.string(), (header) => void readCookies(header)));
  });
});

describe('where a browser goes after signing in', () => {
  test('is a place of the hub, whatever was asked for', () => {
    assert.equal(returnPath('/ui/clusters?state=Failed#a'), '/ui/clusters?state=Failed#a');
    for (const asked of [
      '//a',
      '/\\a',
      '/a\\b',
      '/a\nb',
      'https://a',
      '/a b',
      '',
      undefined,
      `/${'a'.repeat(3_000)}`,
    ])
      assert.equal(returnPath(asked), HOME_PATH, `${asked}`);
    fc.assert(
      fc.property(
        fc.oneof(
          fc.webUrl(),
          fc.string(),
          fc.string().map((text) => `/${text}`),
        ),
        (asked) => {
          assert.equal(new URL(returnPath(asked), 'https://hub.test').origin, 'https://hub.test');
        },
      ),
    );
  });
});
