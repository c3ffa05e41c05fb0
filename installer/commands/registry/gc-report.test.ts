import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { GcEvent } from '../../../registry/gc/gc-event.ts';
import { doneText, GcReport } from './gc-report.ts';

const NONE = { files: 0, bytes: 0 };
const PLANNED = {
  type: 'planned',
  manifests: 0,
  blobs: 0,
  unheld: NONE,
  unfinished: NONE,
  quarantined: NONE,
  quarantineGoes: false,
  unknownRoots: 0,
  bytes: 0,
  waitingBytes: 0,
} as const;

function planOf(...events: GcEvent[]): string {
  const report = new GcReport(0);
  for (const event of events) report.add(event);
  return report.planText();
}

suite('the plan of a garbage collection', () => {
  test('says that there is nothing to collect only where nothing is', () => {
    assert.equal(planOf(PLANNED), 'nothing to collect');
    assert.equal(planOf({ ...PLANNED, bytes: 2000 }), '2.0 kB to come back');
  });

  test('says what leaves a repository though others hold its bytes', () => {
    const going = { repository: 'team/app', manifests: 1, blobs: 2, bytes: 0 };
    const plan = planOf({ type: 'repository', ...going }, { ...PLANNED, manifests: 1, blobs: 2 });
    assert.match(plan, /^team\/app {2}1 manifest, 2 blobs, 0 B: other repositories hold the same$/m);
    assert.match(plan, /^1 manifest, 2 blobs leave their repositories; .* 0 B come back$/m);
    assert.doesNotMatch(plan, /nothing/);
  });
});

test('the end of a garbage collection says what was taken, also where nothing came back', () => {
  const done = { type: 'done', files: 0, bytes: 0 } as const;
  assert.equal(doneText({ ...done, manifests: 0, blobs: 0 }), '0 B freed');
  assert.equal(
    doneText({ ...done, manifests: 1, blobs: 2 }),
    '1 manifest, 2 blobs taken from repositories, 0 B freed',
  );
});
