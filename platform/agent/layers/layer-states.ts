import type { LayerState } from '../../api/cluster-status.ts';
import type { EnvelopeLayer } from '../../desired/envelope.ts';
import type { AppliedLayer } from '../state/journal.ts';

const MAX_MESSAGE = 500;

/** How each layer of an envelope fares, in the envelope's order; tells of every change. */
export class LayerStates {
  readonly #states = new Map<string, LayerState>();
  readonly #onChange: () => void;

  constructor(layers: readonly EnvelopeLayer[], onChange: () => void) {
    this.#onChange = onChange;
    for (const { name, pack } of layers)
      this.#states.set(name, { name, version: pack.version, digest: pack.digest, state: 'waiting' });
  }

  get all(): readonly LayerState[] {
    return [...this.#states.values()];
  }

  get byName(): ReadonlyMap<string, LayerState> {
    return this.#states;
  }

  /** Code and message are gone unless they are given again. */
  set(name: string, change: Partial<LayerState> & Pick<LayerState, 'state'>): void {
    const before = this.#states.get(name);
    if (before === undefined) return;
    const { code: _code, message: _message, ...kept } = before;
    const after = { ...kept, ...change };
    if (after.message !== undefined) after.message = after.message.slice(0, MAX_MESSAGE);
    if (JSON.stringify(after) === JSON.stringify(before)) return;
    this.#states.set(name, after);
    this.#onChange();
  }

  ready(name: string, { seconds, objects }: Pick<AppliedLayer, 'seconds' | 'objects'>): void {
    this.set(name, { state: 'ready', seconds, objects });
  }
}
