import type { Clock } from '../../../apply/clock.ts';
import { describeObject, type KubeObject } from '../../../apply/object.ts';
import { isSkerryError, messageOf } from '../../../content/error.ts';
import type { Envelope, EnvelopeLayer } from '../../desired/envelope.ts';
import type { AgentHolder } from '../state/agent-holder.ts';
import type { AppliedLayer } from '../state/journal.ts';
import { layerDigest } from './layer-digest.ts';
import type { LayerEngine } from './layer-engine.ts';
import { startable, waitsFor } from './layer-order.ts';
import type { LayerStates } from './layer-states.ts';

export interface LayerRun {
  readonly envelope: Envelope;
  readonly engine: LayerEngine;
  readonly holder: Pick<AgentHolder, 'journal' | 'rememberLayer' | 'remember'>;
  readonly states: LayerStates;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** What was said of each layer that failed, over several runs: a failure that stays is reported once. */
  readonly failures: Map<string, string>;
  /** Whether the same envelope was worked on before, as after a restart. */
  readonly isKnown: boolean;
}

/** Layers that are worked on at a time; one helm runs at a time, the others wait for their health gates. */
const WIDTH = 4;

/**
 * Brings the layers to what the envelope says, each as soon as what it depends on is ready; one that fails keeps back
 * only those that depend on it. True when all are ready. Ends early, with the signal's reason, when it is aborted.
 */
export async function runLayers(run: LayerRun): Promise<boolean> {
  const { envelope, states, signal } = run;
  const stop = new AbortController();
  const running = new Set<Promise<void>>();
  try {
    await lookAtAll(run);
    await runAll({ ...run, signal: AbortSignal.any([signal, stop.signal]) }, running);
  } finally {
    // Nothing of this goes on beside what comes next.
    stop.abort();
    await Promise.allSettled(running);
  }
  for (const layer of envelope.layers) {
    if (states.byName.get(layer.name)?.state === 'waiting')
      states.set(layer.name, { state: 'waiting', message: waitsFor(layer, states.byName) });
  }
  return states.all.every(({ state }) => state === 'ready');
}

async function runAll(run: LayerRun, running: Set<Promise<void>>): Promise<void> {
  const { envelope, states, signal } = run;
  for (;;) {
    for (const layer of startable(envelope.layers, states.byName).slice(0, WIDTH - running.size)) {
      states.set(layer.name, { state: 'applying' });
      const work = runLayer(run, layer).finally(() => running.delete(work));
      running.add(work);
      // Who waits below is the one to see it fail.
      work.catch(() => undefined);
    }
    if (running.size === 0) return;
    await Promise.race(running);
    signal.throwIfAborted();
  }
}

// What is as it should be already is not applied again, and holds nobody up.
async function lookAtAll({ envelope, engine, holder, states, isKnown, signal }: LayerRun): Promise<void> {
  for (const layer of envelope.layers) {
    const applied = holder.journal.applied[layer.name];
    states.set(layer.name, { state: 'waiting' });
    if (applied === undefined || applied.digest !== layerDigest(layer)) continue;
    const state = await stateOf(engine, layer, signal);
    if (state === undefined) continue;
    const { healthy, problems, objects } = state;
    const [problem = ''] = problems;
    if (healthy) {
      if (!applied.complete) await holder.rememberLayer(layer.name, { ...applied, complete: true, objects });
      states.ready(layer.name, { ...applied, objects });
    } else if (isKnown && applied.complete && objects > 0) {
      states.set(layer.name, { state: 'degraded', message: problem, seconds: applied.seconds, objects });
    }
  }
}

// One that cannot be looked at keeps no other back: what is wrong with it shows when it is applied.
async function stateOf(engine: LayerEngine, layer: EnvelopeLayer, signal: AbortSignal) {
  try {
    return await engine.state(layer, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (!isSkerryError(error) || AWAY.has(error.code)) throw error;
    return undefined;
  }
}

/** The whole cluster is, and not one layer. */
const AWAY = new Set(['CLUSTER_UNREACHABLE', 'CLUSTER_ERROR']);

async function runLayer(run: LayerRun, layer: EnvelopeLayer): Promise<void> {
  const { envelope, engine, holder, states, failures, clock, signal } = run;
  const { name } = layer;
  const began = clock.now();
  const { version, digest } = layer.pack;
  const applied: AppliedLayer = {
    namespace: layer.namespace,
    onRemove: layer.onRemove,
    digest: layerDigest(layer),
    complete: false,
    version,
    packDigest: digest,
  };
  try {
    await engine.apply(layer, {
      registries: envelope.registries,
      isOurs: holder.journal.applied[name]?.namespace === layer.namespace,
      signal,
      onProgress: (message) => states.set(name, { state: 'applying', message }),
      onDropped: async (objects) => {
        const detail = namesOf(objects);
        const went = { kind: 'removed', subject: `objects of layer ${name}`, detail } as const;
        await holder.remember((journal) => journal, went);
      },
    });
    const { objects } = await engine.state(layer, signal);
    const seconds = Math.round((clock.now() - began) / 100) / 10;
    const done = { ...applied, complete: true, objects, seconds };
    await holder.rememberLayer(name, done, {
      kind: 'applied',
      subject: `layer ${name}`,
      detail: `${version} ${digest}`,
    });
    failures.delete(name);
    states.ready(name, done);
  } catch (error) {
    signal.throwIfAborted();
    const code = isSkerryError(error) ? error.code : 'LAYER_FAILED';
    const detail = isSkerryError(error)
      ? `${error.subject}: ${error.detail ?? error.means}`
      : messageOf(error);
    // All of it was applied and is just not healthy: it may become so, and then need not be applied again.
    if (GATE_CODES.has(code)) await holder.rememberLayer(name, applied);
    const told = `${code}: ${detail}`;
    if (failures.get(name) !== code)
      await holder.remember((journal) => journal, { kind: 'failed', subject: `layer ${name}`, detail: told });
    failures.set(name, code);
    states.set(name, { state: 'failed', code, message: detail });
  }
}

const GATE_CODES = new Set(['HEALTH_TIMEOUT', 'WORKLOAD_FAILED']);

/** What an event takes is 500 characters; some are left for the count. */
const MAX_NAMES = 450;

function namesOf(objects: readonly KubeObject[]): string {
  const names: string[] = [];
  let length = 0;
  for (const name of objects.map(describeObject)) {
    length += name.length + 2;
    if (length > MAX_NAMES) break;
    names.push(name);
  }
  const more = objects.length - names.length;
  return [...names, ...(more === 0 ? [] : [`and ${more} more`])].join(', ');
}
