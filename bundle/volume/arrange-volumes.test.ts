import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { digestOf } from '../../content/digest.ts';
import { isSkerryError } from '../../content/error.ts';
import { placeName } from '../file/table.ts';
import { BLOCK_BYTES, END_BYTES, paddedSize } from '../file/tar-header.ts';
import { arrangeFiles, arrangeVolumes } from './arrange-volumes.ts';

const INDEX = '{"schemaVersion":2,"manifests":[]}';
const GIB = 1024 ** 3;
const blob = (size: number, at: number) => ({ digest: digestOf(`blob ${at}`), size });

test('every byte of every blob has one place in a volume that is small enough, and places follow each other', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(300_000), { maxLength: 40 }),
      fc.integer({ min: 0, max: 3 }),
      fc.integer({ min: 20_000, max: 200_000 }),
      (sizes, everywhere, volumeSize) => {
        const common = sizes.slice(0, everywhere).map((size) => size % 500);
        const entries = [...common, ...sizes.slice(everywhere)].map(blob);
        const cut = { volumeSize, everywhere: common.length };
        const volumes = arrangeVolumes(INDEX, entries, cut);
        const bytes = new Map<string, number>();
        for (const { front, places, tail, size } of volumes) {
          assert.ok(size < volumeSize);
          const parts = [
            ...front.map(({ header, text }) => ({ header, size: Buffer.byteLength(text) })),
            ...places,
            ...(tail === undefined ? [] : [tail]),
          ];
          let offset = 0;
          for (const part of parts) {
            assert.equal(part.header, offset);
            offset += BLOCK_BYTES + paddedSize(part.size);
          }
          assert.equal(size, offset + END_BYTES);
          assert.ok(places.filter(({ piece }) => piece !== undefined).length <= 2);
          for (const place of places.slice(common.length)) {
            const from = place.piece?.offset ?? 0;
            assert.equal(bytes.get(place.digest) ?? 0, from, 'pieces come in their order');
            bytes.set(place.digest, from + place.size);
            assert.ok(placeName(place).length <= 100);
          }
          assert.deepEqual(
            places.slice(0, common.length).map(({ digest }) => digest),
            entries.slice(0, common.length).map(({ digest }) => digest),
          );
        }
        for (const { digest, size } of entries.slice(common.length)) assert.equal(bytes.get(digest), size);
      },
    ),
  );
});

test('a volume of 4 GiB fits a file system whose files end one byte before', () => {
  const entries = [9 * GIB, 3 * GIB, 3 * GIB, GIB].map(blob);
  const volumes = arrangeVolumes(INDEX, entries, { volumeSize: 4 * GIB, everywhere: 0 });
  assert.equal(volumes.length, 5);
  for (const { size } of volumes) assert.ok(size <= 2 ** 32 - 1);
  const whole = volumes.flatMap(({ places }) => places).filter(({ piece }) => piece === undefined);
  assert.equal(whole.length, 3, 'only what no volume takes is cut');
});

test('a bundle that is small enough stays one file', () => {
  const [file, ...more] = arrangeFiles(INDEX, [blob(1000, 1)], { volumeSize: GIB, everywhere: 0 });
  assert.equal(more.length, 0);
  assert.deepEqual(
    file?.front.map(({ name }) => name),
    ['oci-layout', 'index.json', 'table.json'],
  );
});

test('a size at which volumes would carry the same again and again is refused', () => {
  const refused = (error: unknown) => isSkerryError(error, 'VOLUME_TOO_SMALL');
  assert.throws(() => arrangeVolumes(INDEX, [blob(50_000, 1)], { volumeSize: 4000, everywhere: 0 }), refused);
  const common = [blob(60_000, 1), blob(50_000, 2)];
  assert.throws(() => arrangeVolumes(INDEX, common, { volumeSize: 100_000, everywhere: 1 }), refused);
  const many = [blob(2 ** 40, 1)];
  assert.throws(() => arrangeVolumes(INDEX, many, { volumeSize: 100_000, everywhere: 0 }), refused);
});
