import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Digest, digestOf } from '../../content/digest.ts';
import { type CachedName, heldNoMore, namesBeyond } from './keep-within.ts';

const DIGESTS = ['a', 'b', 'c', 'd', 'e'].map((text) => digestOf(text));
const SIZES = new Map(DIGESTS.map((digest, index) => [digest, 10 * (index + 1)]));

const anyNames = fc.array(
  fc.record({
    repository: fc.constantFrom('x', 'y'),
    tag: fc.string({ minLength: 1, maxLength: 3 }),
    used: fc.nat(20),
    content: fc
      .uniqueArray(fc.constantFrom(...DIGESTS), { maxLength: 4 })
      .map((digests) => new Map(digests.map((digest) => [digest, SIZES.get(digest) ?? 0]))),
  }),
  { maxLength: 8 },
);

test('what is left fits, was used later than what goes, and nothing goes that need not', () => {
  fc.assert(
    fc.property(anyNames, fc.nat(200), (names, budget) => {
      const beyond = new Set(namesBeyond(names, budget));
      const left = names.filter((name) => !beyond.has(name));
      assert.ok(bytesOf(left) <= budget);
      for (const gone of beyond) for (const kept of left) assert.ok(gone.used <= kept.used);
      const [last] = [...beyond];
      if (last !== undefined) assert.ok(bytesOf([...left, last]) > budget);
    }),
  );
});

test('what a name that stays holds in the same repository stays', () => {
  fc.assert(
    fc.property(anyNames, fc.nat(200), (names, budget) => {
      const beyond = namesBeyond(names, budget);
      const gone = heldNoMore(names, beyond);
      const isBeyond = new Set<CachedName>(beyond);
      const heldIn = (repository: string, which: (name: CachedName) => boolean) =>
        new Set(
          names
            .filter((name) => name.repository === repository && which(name))
            .flatMap(({ content }) => [...content.keys()]),
        );
      for (const repository of ['x', 'y']) {
        const kept = heldIn(repository, (name) => !isBeyond.has(name));
        const lost = heldIn(repository, (name) => isBeyond.has(name));
        assert.deepEqual(new Set(gone.get(repository)), lost.difference(kept));
      }
    }),
  );
});

function bytesOf(names: readonly CachedName[]): number {
  const held = new Set<Digest>(names.flatMap(({ content }) => [...content.keys()]));
  return [...held].reduce((sum, digest) => sum + (SIZES.get(digest) ?? 0), 0);
}
