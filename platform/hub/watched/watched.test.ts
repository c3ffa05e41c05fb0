import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { KubeClient, WatchEvent } from '../../../apply/client/client.ts';
import { systemClock } from '../../../apply/clock.ts';
import type { KubeObject } from '../../../apply/object.ts';
import { isSkerryError } from '../../../content/error.ts';
import type { ClusterSpec } from '../../api/cluster.ts';
import {
  KEY,
  PROJECT,
  startHubCluster,
  clusterObject as withoutUid,
} from '../controller/testing/hub-cluster.ts';
import { WatchedFleet } from '../door/watched-fleet.ts';
import { watchAll } from './testing/watch-all.ts';
import { Watched } from './watched.ts';
import { readWatchedCluster } from './watched-cluster.ts';
import { WatchedKind } from './watched-kind.ts';

const OTHER_KEY = `SHA256:${'B'.repeat(43)}`;
const at = (name: string) => `${PROJECT}/${name}`;

describe('what the hub watches', () => {
  test('is listed once for each kind, however many want to know', async (t) => {
    const server = await startHubCluster();
    const stop = new AbortController();
    t.after(async () => {
      stop.abort();
      await server.close();
    });
    server.put(clusterObject('edge'));
    const watched = watchAll(server.client(), stop.signal);
    await watched.listed;
    const seen = [1, 2, 3].map(() => {
      const keys: string[] = [];
      watched.clusters.subscribe((key) => keys.push(key));
      return keys;
    });
    assert.deepEqual(seen, [[at('edge')], [at('edge')], [at('edge')]]);
    const lists = server.calls.filter((call) => /^GET .*skerry\.dev\/v1alpha1\/[a-z]+$/.test(call));
    const kinds = new Set(lists);
    assert.equal(kinds.size, 10);
    // The list and the watch that goes on from it.
    assert.ok(lists.length <= 2 * kinds.size, lists.join('\n'));
  });

  test('is the whole list after a gap: what went meanwhile is gone, before what came is seen', () => {
    const { watched, tell } = told();
    const changes: string[] = [];
    tell({ type: 'listed', objects: [clusterObject('a'), clusterObject('b')] });
    watched.clusters.subscribe((key, before, now) => changes.push(`${key} ${!!before} ${!!now}`));
    const moved = { ...clusterObject('c'), spec: { agent: { key: KEY } } };
    const fleet = new WatchedFleet(watched.clusters);
    tell({ type: 'listed', objects: [moved] });
    assert.deepEqual(changes, [
      `${at('a')} false true`,
      `${at('b')} false true`,
      `${at('a')} true false`,
      `${at('b')} true false`,
      `${at('c')} false true`,
    ]);
    assert.equal(fleet.byKey(KEY)?.name, 'c');
    tell({ type: 'deleted', object: moved });
    assert.equal(fleet.byKey(KEY), undefined);
    assert.deepEqual([...watched.clusters.entries()], []);
  });

  test('forgets a revoked key also of an object that can no longer be read, and keeps the rest as it was', () => {
    const { watched, tell, skipped } = told();
    const fleet = new WatchedFleet(watched.clusters);
    tell({ type: 'listed', objects: [clusterObject('edge', { profiles: [] })] });
    const broken: KubeObject = {
      ...clusterObject('edge'),
      spec: { agent: { key: OTHER_KEY }, paused: 'no' },
    };
    tell({ type: 'modified', object: broken });
    assert.deepEqual(skipped, [at('edge')]);
    assert.equal(fleet.byKey(KEY), undefined);
    assert.equal(fleet.byKey(OTHER_KEY)?.name, 'edge');
    assert.deepEqual(watched.clusters.get(at('edge'))?.stored?.spec.profiles, []);
  });

  test('is without what only the API server needs, and revisions without their envelopes', async (t) => {
    const server = await startHubCluster();
    const stop = new AbortController();
    t.after(async () => {
      stop.abort();
      await server.close();
    });
    const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': '{}', kept: 'yes' };
    const metadata = {
      name: 'alert',
      namespace: PROJECT,
      annotations,
      managedFields: [{ manager: 'kubectl' }],
    };
    const apiVersion = 'skerry.dev/v1alpha1';
    const spec = { rule: 'ClusterUnknown', severity: 'warning', subject: 'Cluster edge' };
    server.put({ apiVersion, kind: 'Alert', metadata, spec });
    const made = { cluster: 'edge', number: 1, digest: 'sha256:1', envelope: 'secret', cause: 'new' };
    server.put({
      apiVersion,
      kind: 'ClusterRevision',
      metadata: { name: 'edge-1', namespace: PROJECT },
      spec: made,
    });
    const watched = watchAll(server.client(), stop.signal);
    await watched.listed;
    const kept = watched.alerts.get(at('alert'))?.object.metadata;
    assert.deepEqual([kept?.annotations, kept?.managedFields], [{ kept: 'yes' }, undefined]);
    const revision = watched.revisions.get(at('edge-1'));
    assert.deepEqual([revision?.number, Object.hasOwn(revision ?? {}, 'envelope')], [1, false]);
  });

  test('is waited for no longer than is said, and what is missing is named', async (t) => {
    const stop = new AbortController();
    t.after(() => stop.abort());
    const client = scripted(({ kind }) => (kind === 'Alert' ? undefined : []));
    const listed = Promise.withResolvers<void>();
    // The limit is over once all the others were listed.
    const clock = { now: () => 0, sleep: () => listed.promise };
    const watched = new Watched({ ...quiet(), client, clock, signal: stop.signal });
    const others = [
      watched.clusters,
      watched.profiles,
      watched.registries,
      watched.revisions,
      watched.rollouts,
    ];
    void Promise.all([...others, watched.enrollments, watched.receivers].map((kind) => kind.listed)).then(
      () => listed.resolve(),
    );
    const error: unknown = await watched.untilListed(1, stop.signal).catch((reason: unknown) => reason);
    assert.ok(isSkerryError(error, 'FLEET_NOT_LISTED'));
    assert.equal(error.subject, 'Alert');
  });
});

/** As the API server has it. */
function clusterObject(name: string, spec: ClusterSpec = {}): KubeObject {
  const { metadata, ...object } = withoutUid(name, spec);
  return { ...object, metadata: { ...metadata, uid: `uid-${name}` } };
}

function quiet() {
  return { clock: systemClock, onError: () => undefined, onSkipped: () => undefined };
}

/** An API server whose lists are these; a kind without one is never listed. */
function scripted(
  listOf: (selection: { kind: string }) => readonly KubeObject[] | undefined,
): Pick<KubeClient, 'watch'> {
  return {
    watch: async function* (selection, signal) {
      const objects = listOf(selection);
      if (objects !== undefined) yield { type: 'listed', objects };
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    },
  };
}

/** What is watched of clusters, told event by event. */
function told() {
  const skipped: string[] = [];
  const watched = new WatchedKind({
    kind: 'Cluster',
    read: readWatchedCluster,
    max: 10,
    onSkipped: (key) => skipped.push(key),
  });
  return { watched: { clusters: watched }, skipped, tell: (event: WatchEvent) => watched.see(event) };
}
