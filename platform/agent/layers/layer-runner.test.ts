import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../../../apply/clock.ts';
import { applyError } from '../../../apply/errors.ts';
import type { Envelope, EnvelopeLayer } from '../../desired/envelope.ts';
import { platformError } from '../../errors.ts';
import { EMPTY_JOURNAL, type Journal } from '../state/journal.ts';
import { layerDigest } from './layer-digest.ts';
import type { LayerEngine } from './layer-engine.ts';
import { runLayers } from './layer-runner.ts';
import { LayerStates } from './layer-states.ts';

const layer = (name: string, dependsOn: string[] = []): EnvelopeLayer => ({
  name,
  namespace: name,
  profile: { name: 'sea', version: '1.0.0' },
  pack: { registry: 'r', repository: name, version: '1.0.0', digest: `sha256:${'a'.repeat(64)}` },
  values: {},
  dependsOn,
  timeoutSeconds: 10,
  health: [],
  drift: { mode: 'observe' },
  onRemove: 'prune',
});
const healthy = (name: string) => ({ name, namespace: name, healthy: true, objects: 1, problems: [] });

test('a layer that cannot be looked at keeps no other back, and says why', async () => {
  const { states, applied, run } = site({
    state: async ({ name }) => {
      if (name === 'hidden') throw applyError('CLUSTER_FORBIDDEN', { subject: name });
      return healthy(name);
    },
    apply: async ({ name }) => {
      if (name === 'hidden') throw applyError('CLUSTER_FORBIDDEN', { subject: name, detail: 'no rule' });
    },
  });
  assert.equal(await run([layer('hidden'), layer('known'), layer('other')], ['hidden', 'known']), false);
  assert.deepEqual(
    states().map(({ name, state, code }) => [name, state, code]),
    [
      ['hidden', 'failed', 'CLUSTER_FORBIDDEN'],
      ['known', 'ready', undefined],
      ['other', 'ready', undefined],
    ],
  );
  assert.deepEqual(applied, ['hidden', 'other']);
});

test('a cluster that is away is no fault of a layer', async () => {
  const { run } = site({
    state: async ({ name }) => {
      throw applyError('CLUSTER_UNREACHABLE', { subject: name });
    },
  });
  await assert.rejects(run([layer('known')], ['known']), /CLUSTER_UNREACHABLE|does not answer/);
});

test('a pack that is missing fails its layer alone and what depends on it', async () => {
  const { states, run } = site({
    apply: async ({ name }) => {
      if (name === 'lost') throw platformError('PACK_NOT_FOUND', { subject: name });
    },
  });
  await run([layer('lost'), layer('after', ['lost']), layer('free')], []);
  assert.deepEqual(
    states().map(({ state }) => state),
    ['failed', 'waiting', 'ready'],
  );
});

test('a failure that stays is reported once, and again when it has come back', async () => {
  let isLost = true;
  const { told, run } = site({
    apply: async ({ name }) => {
      if (isLost) throw platformError('PACK_NOT_FOUND', { subject: name });
    },
  });
  await run([layer('web')], []);
  await run([layer('web')], []);
  assert.deepEqual(told, ['failed']);
  isLost = false;
  await run([layer('web')], []);
  isLost = true;
  await run([layer('web')], []);
  assert.deepEqual(told, ['failed', 'applied', 'failed']);
});

test('objects that a layer does not have any more are named, as many as there is room for', async () => {
  const objects = Array.from({ length: 100 }, (_, index) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: `settings-${index}`, namespace: 'web' },
  }));
  let dropped = objects.slice(0, 2);
  const { details, told, run } = site({ apply: async (_, { onDropped }) => await onDropped(dropped) });
  await run([layer('web')], []);
  assert.deepEqual(told, ['removed', 'applied']);
  assert.equal(details[0], 'ConfigMap web/settings-0, ConfigMap web/settings-1');
  dropped = objects;
  await run([layer('web')], []);
  const named = details[2]?.split(', ') ?? [];
  assert.ok((details[2]?.length ?? 0) <= 500);
  assert.equal(named.at(-1), `and ${101 - named.length} more`);
});

interface Told {
  readonly kind: string;
  readonly detail?: string | undefined;
}

function site(calls: Partial<LayerEngine>) {
  const applied: string[] = [];
  const told: string[] = [];
  const details: (string | undefined)[] = [];
  const note = (happenings: readonly Told[]) => {
    told.push(...happenings.map(({ kind }) => kind));
    details.push(...happenings.map(({ detail }) => detail));
  };
  const failures = new Map<string, string>();
  const engine: LayerEngine = {
    state: async ({ name }) => healthy(name),
    objects: async () => [],
    remove: async () => false,
    ...calls,
    apply: async (one, options) => {
      applied.push(one.name);
      await calls.apply?.(one, options);
    },
  };
  let known = new LayerStates([], () => undefined);
  const run = async (layers: EnvelopeLayer[], before: readonly string[]) => {
    const entries = layers
      .filter(({ name }) => before.includes(name))
      .map((one) => {
        const { name: namespace } = one;
        const rest = { onRemove: 'prune', complete: true, version: '1.0.0', packDigest: '' } as const;
        return [one.name, { namespace, digest: layerDigest(one), ...rest }] as const;
      });
    const journal: Journal = { ...EMPTY_JOURNAL, applied: Object.fromEntries(entries) };
    const holder = {
      journal,
      remember: async (_: unknown, ...happenings: readonly Told[]) => note(happenings),
      rememberLayer: async (_name: string, _layer: unknown, ...happenings: readonly Told[]) =>
        note(happenings),
    };
    known = new LayerStates(layers, () => undefined);
    const envelope: Envelope = {
      version: 1,
      cluster: { project: 'sea', name: 'north', id: 'id' },
      number: 1,
      issuedAt: '',
      layers,
      remove: [],
      registries: [],
      hub: { urls: ['https://hub'], authorities: ['a'], keys: ['k'] },
      paused: false,
    };
    const { signal } = new AbortController();
    return await runLayers({
      ...{ envelope, engine, holder, signal, states: known },
      clock: systemClock,
      isKnown: false,
      failures,
    });
  };
  return { applied, told, details, run, states: () => known.all };
}
