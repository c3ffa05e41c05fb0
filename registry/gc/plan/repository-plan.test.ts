import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { PUSH_MS } from '../../store/push-time.ts';
import type { ContentGraph } from '../mark/content-graph.ts';
import type { Companion, RepositoryContent } from '../mark/repository-content.ts';
import { gracePeriodOf } from './policy.ts';
import { type Circumstances, planRepository, type RepositoryPlan, Scratch } from './repository-plan.ts';

const NOW = 100 * PUSH_MS;
const OLD = 1;
const DIGESTS = 14;

/** A repository as somebody would write it down: manifests by number, with what they name. */
interface Sketch {
  readonly manifests: Readonly<
    Record<
      number,
      { names?: number[]; subject?: number; at?: number; released?: number | null; known?: boolean }
    >
  >;
  readonly blobs?: Readonly<Record<number, { at: number; used: number }>>;
  readonly tagged?: readonly number[];
  readonly companions?: readonly { manifest: number; subject: number }[];
  readonly roots?: readonly number[];
  readonly everywhere?: readonly number[];
  readonly inUse?: readonly number[];
  readonly keep?: Circumstances['keep'];
}

function planOf(sketch: Sketch): RepositoryPlan {
  const { graph, content, about } = build(sketch);
  const steps = planRepository(graph, content, about, new Scratch(graph));
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

function build(sketch: Sketch) {
  const { manifests, blobs = {}, keep = { option: 0, rule: undefined } } = sketch;
  const starts = new Int32Array(DIGESTS + 2);
  const targets: number[] = [];
  const subjects = new Int32Array(DIGESTS + 1);
  const known = new Uint8Array(DIGESTS + 1);
  for (let id = 0; id <= DIGESTS; id++) {
    targets.push(...(manifests[id]?.names ?? []));
    starts[id + 1] = targets.length;
    subjects[id] = manifests[id]?.subject ?? 0;
    known[id] = manifests[id]?.known === false ? 0 : 1;
  }
  const graph: ContentGraph = {
    largest: DIGESTS,
    starts,
    targets: Int32Array.from(targets),
    subjects,
    known,
  };
  const ids = Object.keys(manifests).map(Number);
  const companions: Companion[] = (sketch.companions ?? []).map(({ manifest, subject }) => ({
    tag: `tag-of-${subject}-on-${manifest}`,
    manifest,
    subject: ids.includes(subject) ? subject : 0,
  }));
  const content: RepositoryContent = {
    name: 'r',
    manifests: ids.map((id) => ({
      id,
      at: manifests[id]?.at ?? OLD,
      released: manifests[id]?.released ?? null,
      lastTag: null,
    })),
    blobs: {
      ids: Int32Array.from(Object.keys(blobs).map(Number)),
      at: Float64Array.from(Object.values(blobs).map(({ at }) => at)),
      used: Uint8Array.from(Object.values(blobs).map(({ used }) => used)),
    },
    tagged: sketch.tagged ?? [],
    companions,
  };
  const about: Circumstances = {
    now: NOW,
    keep,
    roots: sketch.roots ?? [],
    everywhere: new Set(sketch.everywhere),
    inUse: new Map((sketch.inUse ?? []).map((id) => [id, NOW + 1])),
  };
  return { graph, content, about };
}

function goingOf(sketch: Sketch) {
  const { manifests, blobs } = planOf(sketch);
  return { manifests: manifests.map(({ id }) => id), blobs };
}

const USED = { at: OLD, used: 1 };

describe('what stays', () => {
  test('the untagged manifests of a tagged index, and theirs (Distribution deletes them)', () => {
    const sketch = {
      manifests: { 1: { names: [2, 3] }, 2: { names: [4] }, 3: { names: [2] } },
      blobs: { 4: USED },
    };
    assert.deepEqual(goingOf({ ...sketch, tagged: [1] }), { manifests: [], blobs: [] });
    assert.deepEqual(goingOf(sketch), { manifests: [1, 2, 3], blobs: [4] });
  });

  test('what two indexes share, while either has a tag', () => {
    const manifests = { 1: { names: [3] }, 2: { names: [3] }, 3: { names: [4] } };
    assert.deepEqual(goingOf({ manifests, blobs: { 4: USED }, tagged: [2] }), { manifests: [1], blobs: [] });
  });

  test('referrers of what stays, and of those, also of something absent that an index names', () => {
    const manifests = { 1: { names: [9] }, 2: { subject: 9 }, 3: { subject: 2, names: [4] } };
    assert.deepEqual(goingOf({ manifests, blobs: { 4: USED }, tagged: [1] }), { manifests: [], blobs: [] });
  });

  test('the subject of a tagged referrer', () => {
    assert.deepEqual(goingOf({ manifests: { 1: { subject: 2 }, 2: {}, 3: {} }, tagged: [1] }).manifests, [3]);
  });

  test('everything, when nobody knows what one manifest holds on to', () => {
    const plan = planOf({ manifests: { 1: { known: false }, 2: {} }, blobs: { 3: USED } });
    assert.deepEqual([plan.unknown, plan.manifests, plan.blobs], [[1], [], []]);
  });

  test('what is a root, here or everywhere, as a manifest or as a blob', () => {
    const sketch = { manifests: { 1: { names: [2] }, 2: {}, 3: {} }, blobs: { 4: USED, 5: USED } };
    assert.deepEqual(goingOf({ ...sketch, roots: [1], everywhere: [5] }), { manifests: [3], blobs: [4] });
  });
});

describe('companions', () => {
  test('go with what they belong to, and are named', () => {
    const plan = planOf({ manifests: { 1: {}, 2: { at: NOW } }, companions: [{ manifest: 2, subject: 1 }] });
    assert.deepEqual(
      plan.manifests.map(({ id, why, tags }) => ({ id, why, tags })),
      [
        { id: 1, why: 'never-tagged', tags: [] },
        { id: 2, why: 'referrer', tags: ['tag-of-1-on-2'] },
      ],
    );
  });

  test('stay with what they belong to, and where that is not here', () => {
    const manifests = { 1: {}, 2: { names: [3] }, 3: {}, 4: {} };
    const companions = [
      { manifest: 2, subject: 1 },
      { manifest: 4, subject: 9 },
    ];
    assert.deepEqual(goingOf({ manifests, companions, tagged: [1] }).manifests, []);
  });

  test('do not keep alive what they belong to, not even through a list of its referrers', () => {
    const manifests = { 1: {}, 2: { names: [3] }, 3: { subject: 1 } };
    assert.deepEqual(goingOf({ manifests, companions: [{ manifest: 2, subject: 1 }] }).manifests, [1, 2, 3]);
  });

  test('that two images share do not keep one alive for the other', () => {
    const companions = [
      { manifest: 3, subject: 1 },
      { manifest: 3, subject: 2 },
    ];
    assert.deepEqual(goingOf({ manifests: { 1: {}, 2: {}, 3: {} }, companions, tagged: [1] }).manifests, [2]);
  });

  test('that what they belong to hangs on are tags like any other', () => {
    const manifests = { 1: {}, 2: { names: [3] }, 3: {}, 4: { names: [5] }, 5: {}, 6: {}, 7: {} };
    const companions = [
      { manifest: 1, subject: 1 },
      { manifest: 2, subject: 3 },
      { manifest: 4, subject: 6 },
      { manifest: 6, subject: 5 },
    ];
    assert.deepEqual(goingOf({ manifests, companions }).manifests, [7]);
  });

  test('keep what they belong to while somebody is using them', () => {
    const sketch = { manifests: { 1: {}, 2: {} }, companions: [{ manifest: 2, subject: 1 }] };
    assert.deepEqual(goingOf({ ...sketch, inUse: [2] }).manifests, []);
  });
});

describe('what is kept for now', () => {
  const keep = { option: 7 * PUSH_MS, rule: undefined };

  test('lost its tag, or came, not long ago', () => {
    const plan = planOf({
      manifests: {
        1: { released: NOW - 6 * PUSH_MS },
        2: { released: NOW - 8 * PUSH_MS },
        3: { at: NOW - 6 * PUSH_MS },
        4: { at: NOW - 6 * PUSH_MS, released: 0 },
      },
      keep,
    });
    assert.deepEqual(
      plan.manifests.map(({ id, why }) => [id, why]),
      [
        [2, 'replaced'],
        [4, 'deleted'],
      ],
    );
    assert.deepEqual(
      plan.waiting.map(({ id, until, reason }) => [id, until - NOW, reason]),
      [
        [1, PUSH_MS, 'untagged'],
        [3, PUSH_MS, 'untagged'],
      ],
    );
  });

  test('may be part of a push that goes on, whatever is asked for', () => {
    const manifests = { 1: { at: NOW - PUSH_MS + 5, names: [2] }, 2: { at: OLD } };
    const plan = planOf({ manifests, blobs: { 3: { at: NOW - 5, used: 0 }, 4: { at: OLD, used: 0 } } });
    assert.deepEqual([plan.manifests, plan.blobs], [[], [4]]);
    assert.deepEqual(
      plan.waiting.map(({ id, until, reason }) => [id, until - NOW, reason]),
      [[1, 5, 'pushed']],
    );
    assert.deepEqual(plan.pushes, { blobs: 1, until: NOW - 5 + PUSH_MS });
    assert.deepEqual([plan.waitingManifests, plan.waitingBlobs], [[1, 2], [3]]);
  });

  test('is in use', () => {
    const plan = planOf({
      manifests: { 1: { names: [2] }, 2: { names: [3] }, 4: {} },
      blobs: { 3: USED },
      inUse: [1],
    });
    assert.deepEqual([plan.manifests.map(({ id }) => id), plan.blobs], [[4], []]);
    assert.equal(plan.waiting[0]?.reason, 'in-use');
  });

  test('has a rule, also when it was deleted by name', () => {
    const manifests = { 1: { at: NOW - 5 * PUSH_MS, released: 0 }, 2: { released: OLD } };
    const rule = (days: number) =>
      goingOf({ manifests, keep: { option: 0, rule: days * PUSH_MS } }).manifests;
    assert.deepEqual([rule(4), rule(6), rule(Number.POSITIVE_INFINITY)], [[1, 2], [2], []]);
  });
});

const id = fc.integer({ min: 1, max: DIGESTS });
const ids = fc.array(id, { maxLength: 4 });
const time = fc.constantFrom(OLD, NOW - 5 * PUSH_MS, NOW - PUSH_MS / 2);
const sketches: fc.Arbitrary<Sketch> = fc.record({
  manifests: fc.dictionary(
    id.map(String),
    fc.record({
      names: ids,
      subject: fc.oneof(fc.constant(0), id),
      at: time,
      released: fc.oneof(fc.constant(null), fc.constant(0), time),
    }),
    { maxKeys: 9 },
  ),
  blobs: fc.dictionary(id.map(String), fc.record({ at: time, used: fc.integer({ min: 0, max: 1 }) })),
  tagged: fc.array(id, { maxLength: 1 }),
  companions: fc.array(fc.record({ manifest: id, subject: id }), { maxLength: 3 }),
  roots: fc.array(id, { maxLength: 1 }),
  everywhere: fc.array(id, { maxLength: 1 }),
  inUse: fc.array(id, { maxLength: 1 }),
  keep: fc.record({
    option: fc.constantFrom(0, 3 * PUSH_MS, 7 * PUSH_MS),
    rule: fc.constantFrom(undefined, 6 * PUSH_MS),
  }),
});

/** What holds on to what: when the first stays, so does the second. */
function bonds({ manifests, companions = [] }: Sketch): [number, number][] {
  const ofManifests = Object.entries(manifests).flatMap(([key, { names = [], subject = 0 }]) => {
    const id = Number(key);
    const named = names.map((name): [number, number] => [id, name]);
    const both: [number, number][] = [
      [id, subject],
      [subject, id],
    ];
    return subject === 0 ? named : [...named, ...both];
  });
  const ofCompanions = companions
    .filter(({ subject }) => subject in manifests)
    .map(({ manifest, subject }): [number, number] => [subject, manifest]);
  return [...ofManifests, ...ofCompanions];
}

/** The same rules, written down as slowly as they read: looked over again until nothing is added. */
function staying(sketch: Sketch, lasting: ReadonlySet<number>): Set<number> {
  const stays = new Set(lasting);
  for (let before = -1; before !== stays.size; ) {
    before = stays.size;
    for (const [holder, held] of bonds(sketch)) if (stays.has(holder)) stays.add(held);
  }
  return stays;
}

/** By what manifests name and by companions' tags. */
function leadsTo({ manifests, companions = [] }: Sketch, from: number, to: number): boolean {
  const reached = new Set([from]);
  for (const id of reached) {
    for (const name of manifests[id]?.names ?? []) if (name in manifests) reached.add(name);
    for (const { manifest, subject } of companions)
      if (subject === id && manifest in manifests) reached.add(manifest);
  }
  return reached.has(to);
}

function modelOf(sketch: Sketch) {
  const { manifests, blobs = {}, companions = [], keep = { option: 0, rule: undefined } } = sketch;
  const { tagged = [], roots = [], everywhere = [], inUse = [] } = sketch;
  const isThere = (id: number) =>
    id in manifests || id in blobs || Object.values(manifests).some(({ subject }) => subject === id);
  const loose = companions.filter(({ subject }) => !(subject in manifests)).map(({ manifest }) => manifest);
  const circular = companions.flatMap(({ manifest, subject }) =>
    subject in manifests && leadsTo(sketch, manifest, subject) ? [manifest] : [],
  );
  const everywhereHere = everywhere.filter(isThere);
  const lasting = staying(sketch, new Set([...tagged, ...roots, ...everywhereHere, ...loose, ...circular]));
  const belongs = new Set(
    companions.flatMap(({ manifest, subject }) => (subject in manifests ? [manifest] : [])),
  );
  const young = Object.entries(manifests).flatMap(([key, { at = OLD, released = null }]) =>
    !belongs.has(Number(key)) && gracePeriodOf({ at, released }, keep).until > NOW ? [Number(key)] : [],
  );
  const used = inUse.filter((id) => id in manifests || id in blobs);
  const usedFor = companions.flatMap(({ manifest, subject }) =>
    inUse.includes(manifest) && subject in manifests ? [subject] : [],
  );
  const pushed = Object.entries(blobs).flatMap(([key, { at, used }]) =>
    used === 0 && at + PUSH_MS > NOW ? [Number(key)] : [],
  );
  const stays = staying(sketch, new Set([...lasting, ...young, ...used, ...usedFor, ...pushed]));
  const gone = (record: object) =>
    Object.keys(record)
      .map(Number)
      .filter((id) => !stays.has(id));
  return { manifests: gone(manifests), blobs: gone(blobs) };
}

describe('any repository', () => {
  test('loses just what a plain reading of the rules lets go', () => {
    fc.assert(
      fc.property(sketches, (sketch) => {
        assert.deepEqual(goingOf(sketch), modelOf(sketch));
      }),
      { numRuns: 3000 },
    );
  });

  test('keeps all that what stays names, its subjects and its referrers', () => {
    fc.assert(
      fc.property(sketches, (sketch) => {
        const going = goingOf(sketch);
        const isGone = (id: number) => going.manifests.includes(id);
        const stays = (id: number) => id in sketch.manifests && !isGone(id);
        for (const [holder, held] of bonds(sketch))
          assert.ok(!stays(holder) || (!isGone(held) && !going.blobs.includes(held)));
        for (const id of sketch.tagged ?? []) assert.ok(!isGone(id));
      }),
      { numRuns: 1000 },
    );
  });
});
