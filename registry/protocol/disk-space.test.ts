import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { DiskMeasure } from '../store/files/disk-measure.ts';
import { DiskSpace, type DiskSpaceOptions, defaultKeepFree, type Reservation } from './disk-space.ts';
import { ProtocolError } from './protocol-error.ts';

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

test('what fits is promised, what does not is refused with the bytes needed and free', async () => {
  const { space } = setUp({ free: 1000, keepFree: 300 });
  (await space.reserve(700))[Symbol.dispose]();
  await assert.rejects(space.reserve(701), (error) => {
    assert.ok(error instanceof ProtocolError);
    assert.deepEqual([error.status, error.code], [507, 'INSUFFICIENT_STORAGE']);
    assert.deepEqual(error.detail, { needed: 701, free: 1000, keptFree: 300, announced: 0 });
    return true;
  });
});

test('of ten pushes at once that would each fit alone, only those are taken that fit together', async () => {
  const { space } = setUp({ free: 1000, keepFree: 0 });
  const answers = await Promise.allSettled(Array.from({ length: 10 }, () => space.reserve(300)));
  assert.equal(answers.filter(({ status }) => status === 'fulfilled').length, 3);
});

test('however pushes begin, write and end, every promise can be kept and the reserve stays', async () => {
  const step = fc.record({
    do: fc.constantFrom('begin', 'write', 'end', 'wait'),
    which: fc.nat(),
    size: fc.nat(500),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const { space, disk, time } = setUp({ free: 2000, keepFree: 100 });
      const open: { reservation: Reservation; left: number }[] = [];
      for (const each of steps) {
        if (each.do === 'wait') time.now += 400;
        if (each.do === 'begin') {
          const reservation = await space.reserve(each.size).catch(() => undefined);
          if (reservation !== undefined) open.push({ reservation, left: each.size });
        }
        const one = open[each.which % Math.max(1, open.length)];
        if (one !== undefined && each.do === 'write') {
          const bytes = Math.min(each.size, one.left);
          disk.free -= bytes;
          one.left -= bytes;
          one.reservation.wrote(bytes);
        }
        if (one !== undefined && each.do === 'end') {
          one.reservation[Symbol.dispose]();
          open.splice(open.indexOf(one), 1);
        }
        assert.ok(disk.free - open.reduce((sum, { left }) => sum + left, 0) >= 100);
        assert.ok(open.every(({ reservation }) => !reservation.signal.aborted));
      }
    }),
  );
});

test('a push of unknown length goes on until the reserve is reached, and leaves alone what others announced', async () => {
  const { space, disk } = setUp({ free: 1000, keepFree: 100 });
  const announced = await space.reserve(400);
  const endless = await space.reserve(undefined);
  for (const bytes of [200, 200]) await write(bytes);
  assert.equal(endless.signal.aborted, false);
  await write(100);
  assert.equal(endless.signal.aborted, true);
  assert.equal(announced.signal.aborted, false);
  assert.deepEqual(space.stopped().detail, {
    needed: undefined,
    free: 500,
    keptFree: 100,
    announced: 400,
  });

  async function write(bytes: number): Promise<void> {
    disk.free -= bytes;
    endless.wrote(bytes);
    await space.measure();
  }
});

test('when somebody else fills the disk, uploads stop that were promised space', async () => {
  const { space, disk, time } = setUp({ free: 1000, keepFree: 100 });
  const reservation = await space.reserve(500);
  disk.free = 50;
  time.now += 1000;
  reservation.wrote(1);
  await space.measure();
  assert.equal(reservation.signal.aborted, true);
});

test('space that comes back is seen by the next push', async () => {
  const { space, disk } = setUp({ free: 10, keepFree: 100 });
  await assert.rejects(space.reserve(0));
  assert.match((await space.state())?.refusal ?? '', /0 bytes/);
  disk.free = 1000;
  (await space.reserve(900))[Symbol.dispose]();
  assert.equal((await space.state())?.refusal, undefined);
});

test('small pushes do not ask the disk each time', async () => {
  const { space, disk, time } = setUp({ free: 100 * GIB, keepFree: 0 });
  const push = async (bytes: number) => {
    using reservation = await space.reserve(bytes);
    reservation.wrote(bytes);
  };
  for (let round = 0; round < 100; round++) await push(1000);
  assert.equal(disk.measured, 1);
  time.now += 1000;
  await push(1000);
  assert.equal(disk.measured, 2);
  await push(64 * MIB);
  await push(1000);
  assert.equal(disk.measured, 3);
});

test('what nobody needs is given up before a push is refused, and not at every refusal', async () => {
  const asked: number[] = [];
  const { space, disk, time } = setUp({ free: 10, keepFree: 0 }, async () => {
    asked.push(time.now);
    disk.free += 100;
    return true;
  });
  (await space.reserve(100))[Symbol.dispose]();
  await assert.rejects(space.reserve(1000));
  await assert.rejects(space.reserve(1000));
  assert.equal(asked.length, 1);
  time.now += 60_000;
  await assert.rejects(space.reserve(1000));
  assert.equal(asked.length, 2);
});

test('a disk that takes no more files takes no more pushes', async () => {
  const { space, disk } = setUp({ free: GIB, keepFree: 0 });
  disk.files = 100_000;
  disk.freeFiles = 1000;
  await assert.rejects(space.reserve(1), { code: 'INSUFFICIENT_STORAGE' });
  disk.freeFiles = 1001;
  (await space.reserve(1))[Symbol.dispose]();
  // Some file systems make files as they are wanted and count none.
  disk.files = 0;
  disk.freeFiles = 0;
  (await space.reserve(1))[Symbol.dispose]();
});

test('a file system that says nothing of itself is written to', async () => {
  const space = new DiskSpace({
    measure: async () => {
      throw Object.assign(new Error('ENOSYS'), { code: 'ENOSYS' });
    },
    clock: () => 0,
  });
  (await space.reserve(GIB))[Symbol.dispose]();
  assert.equal(await space.state(), undefined);
});

test('the reserve is one percent, within what is sensible', () => {
  assert.equal(defaultKeepFree(10 * 1024 * GIB), GIB);
  assert.equal(defaultKeepFree(50 * GIB), Math.floor(0.5 * GIB));
  assert.equal(defaultKeepFree(2 * GIB), 64 * MIB);
  assert.equal(defaultKeepFree(20 * MIB), MIB);
  assert.equal(defaultKeepFree(0), 0);
});

function setUp(
  { free, keepFree }: { free: number; keepFree: number },
  freeSpace?: DiskSpaceOptions['freeSpace'],
) {
  const disk = { free, size: 100 * GIB, files: 1000, freeFiles: 900, measured: 0 };
  const time = { now: 0 };
  const measure = async (): Promise<DiskMeasure> => {
    disk.measured++;
    return { ...disk };
  };
  return { disk, time, space: new DiskSpace({ measure, keepFree, clock: () => time.now, freeSpace }) };
}
