import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseChallenges } from './challenge.ts';

test('the challenges of real registries are read', () => {
  assert.deepEqual(
    parseChallenges(
      'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/nginx:pull,push"',
    ),
    [
      {
        scheme: 'bearer',
        parameters: {
          realm: 'https://auth.docker.io/token',
          service: 'registry.docker.io',
          scope: 'repository:library/nginx:pull,push',
        },
      },
    ],
  );
  assert.deepEqual(parseChallenges('BASIC Realm = "a \\"quoted\\" realm, with comma" , Bearer realm=token'), [
    { scheme: 'basic', parameters: { realm: 'a "quoted" realm, with comma' } },
    { scheme: 'bearer', parameters: { realm: 'token' } },
  ]);
  assert.deepEqual(parseChallenges('Negotiate'), [{ scheme: 'negotiate', parameters: {} }]);
  assert.deepEqual(parseChallenges(''), []);
});

test('challenges that are written out are read back, whatever the values', () => {
  const token = fc
    .array(fc.constantFrom(...'abcxyz019-_.'), { minLength: 1, maxLength: 8 })
    .map((characters) => characters.join(''));
  const value = fc.string({ maxLength: 30 });
  const parameters = fc.uniqueArray(fc.tuple(token, value), { selector: ([name]) => name, maxLength: 4 });
  const challenge = fc.tuple(token, parameters);
  fc.assert(
    fc.property(fc.array(challenge, { maxLength: 3 }), (challenges) => {
      const header = challenges
        .map(
          ([scheme, list]) => `${scheme} ${list.map(([name, text]) => `${name}=${quote(text)}`).join(', ')}`,
        )
        .join(', ');
      assert.deepEqual(
        parseChallenges(header),
        challenges.map(([scheme, list]) => ({ scheme, parameters: Object.fromEntries(list) })),
      );
    }),
  );
});

test('any header is read without failing, and steers no prototype', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (header) => {
      for (const { scheme, parameters } of parseChallenges(header)) {
        assert.equal(scheme, scheme.toLowerCase());
        assert.equal(Object.getPrototypeOf(parameters), Object.prototype);
      }
    }),
  );
  const [hostile] = parseChallenges('Bearer __proto__="x", constructor="y", realm="z"');
  assert.equal(hostile?.parameters.realm, 'z');
  assert.equal(Object.getPrototypeOf(hostile?.parameters), Object.prototype);
  assert.equal(parseChallenges(`Bearer ${'a '.repeat(50_000)}`).length, 50_001);
});

function quote(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&')}"`;
}
