// biome-ignore-all lint/suspicious/noTemplateCurlyInString: so are the variables of profiles written
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { compile } from './compile.ts';
import { fitsPattern } from './pattern.ts';
import { codesOf, inputOf, made, packOf, profileOf, samplePack, samplePacks } from './testing/sample.ts';
import { withTimeLimit } from './time-limit.ts';
import { validateProfile } from './validate-profile.ts';

const ENDLESS = '^(a+)+$';
const TEXT = `${'a'.repeat(60)}!`;

describe('what a tenant writes to harm the hub', () => {
  test('a pattern without an end is refused, and at once the next time', () => {
    assert.equal(fitsPattern(ENDLESS, TEXT), undefined);
    let tried = 0;
    assert.throws(() => withTimeLimit(ENDLESS, 100, () => tried++));
    assert.equal(tried, 0);
    // A clock that stands still, as where the timer is a little early.
    const still = '^(b+)+$';
    const frozen = () => 0;
    assert.throws(() =>
      withTimeLimit(still, 100, () => new RegExp(still, 'u').test(`${'b'.repeat(60)}!`), frozen),
    );
    assert.throws(() => withTimeLimit(still, 100, () => tried++, frozen));
    assert.equal(tried, 0);
    assert.equal(
      withTimeLimit(
        ENDLESS,
        100,
        () => 'again',
        () => performance.now() + 3_600_000,
      ),
      'again',
    );
    assert.equal(fitsPattern('^a+$', 'aaa'), true);
    assert.equal(fitsPattern('^b+$', 'aaa'), false);
    assert.equal(fitsPattern('(', 'aaa'), undefined);
  });

  test('a pattern without an end in the schema of a pack makes its values invalid', async () => {
    const valuesSchema = { type: 'object', properties: { host: { type: 'string', pattern: `${ENDLESS} ` } } };
    const packs = samplePacks({ web: samplePack('web', '1.0.0', { valuesSchema }) });
    const pack = packOf('web', { values: `host: ${TEXT}` });
    assert.deepEqual(codesOf(await compile(inputOf(profileOf([pack]), { packs }))), ['VALUES_INVALID']);
    assert.deepEqual(
      validateProfile(profileOf([pack]), packs).map(({ code }) => code),
      ['VALUES_INVALID'],
    );
  });

  const bombs: Record<string, string> = {
    'lists in lists': `a: ${'['.repeat(9000)}${']'.repeat(9000)}`,
    'mappings in mappings': `a: ${'{a: '.repeat(3000)}1${'}'.repeat(3000)}`,
    'just too deep': `a: ${'['.repeat(100)}${']'.repeat(100)}`,
    'aliases of aliases': `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefgh'
      .split('')
      .map((name) => {
        const before = String.fromCharCode(name.charCodeAt(0) - 1);
        return `${name}: &${name} [${Array.from({ length: 9 }, () => `*${before}`)}]`;
      })
      .join('\n')}`,
    'an alias of itself': 'a: &a [*a]',
  };
  for (const [name, values] of Object.entries(bombs))
    test(`values with ${name} are refused`, async () => {
      const profile = profileOf([packOf('web', { values })]);
      assert.deepEqual(codesOf(await compile(inputOf(profile))), ['VALUES_INVALID']);
    });

  test('names that mean something in JavaScript are names like any other', async () => {
    const values = '__proto__:\n  polluted: true\nconstructor:\n  prototype:\n    polluted: true\n';
    const variables = [{ name: '__proto__', default: 'x' }, { name: 'constructor' }];
    const pack = packOf('web', { values: `${values}text: "\${__proto__}\${constructor}"` });
    const { layers } = await made(inputOf(profileOf([pack], { variables })));
    assert.equal(
      JSON.stringify(layers[0]?.values),
      '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"text":"x"}',
    );
    assert.equal(Reflect.get({}, 'polluted'), undefined);
  });
});
