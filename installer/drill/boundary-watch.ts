import type { KubeClient } from '../../apply/client/client.ts';
import { textAt } from '../../apply/json.ts';
import type { KubeObject } from '../../apply/object.ts';
import { tryJson } from '../../content/json.ts';
import { INSTALLATION, NAMESPACE } from '../names.ts';
import { type Installation, InstallationSchema } from '../record/installation.ts';

/** `forward component-hub running`: what the journal has just written down. */
export type Boundary = string;

/**
 * Follows the journal of an upgrade in the cluster, as another workstation sees it, and tells of each change of a phase.
 */
export class BoundaryWatch {
  readonly seen: Boundary[] = [];
  readonly #stop = new AbortController();
  readonly #listeners = new Set<(boundary: Boundary) => void>();
  #done: Promise<void> = Promise.resolve();
  #last: Installation | undefined;

  static begin(client: Pick<KubeClient, 'watch'>, signal: AbortSignal): BoundaryWatch {
    const watch = new BoundaryWatch();
    watch.#done = watch.#follow(client, AbortSignal.any([signal, watch.#stop.signal])).catch(() => {});
    return watch;
  }

  /** The first boundary that fits, also one that has been. */
  async until(fits: (boundary: Boundary) => boolean, signal: AbortSignal): Promise<Boundary> {
    const been = this.seen.find(fits);
    if (been !== undefined) return been;
    return await new Promise((resolve, reject) => {
      const end = () => {
        this.#listeners.delete(listen);
        signal.removeEventListener('abort', aborted);
      };
      const listen = (boundary: Boundary) => {
        if (!fits(boundary)) return;
        end();
        resolve(boundary);
      };
      const aborted = () => {
        end();
        reject(signal.reason);
      };
      this.#listeners.add(listen);
      signal.addEventListener('abort', aborted, { once: true });
      if (signal.aborted) aborted();
    });
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }

  async #follow(client: Pick<KubeClient, 'watch'>, signal: AbortSignal): Promise<void> {
    const selection = {
      ...{ apiVersion: 'v1', kind: 'ConfigMap', namespace: NAMESPACE },
      fieldSelector: `metadata.name=${INSTALLATION}`,
    };
    for await (const event of client.watch(selection, signal)) {
      const objects =
        event.type === 'listed' ? event.objects : event.type === 'deleted' ? [] : [event.object];
      for (const object of objects) this.#note(recordIn(object));
    }
  }

  #note(now: Installation | undefined): void {
    if (now === undefined) return;
    const before = this.#last;
    this.#last = now;
    // What was there when the watch began is no change.
    if (before === undefined) return;
    for (const boundary of boundariesBetween(before, now)) {
      this.seen.push(boundary);
      for (const listener of this.#listeners) listener(boundary);
    }
  }
}

/** What the journal has written down between two readings, in the order of its phases. */
export function boundariesBetween(before: Installation, now: Installation): Boundary[] {
  const { upgrade } = now;
  if (upgrade === undefined) return before.upgrade === undefined ? [] : [`${before.upgrade.direction} ended`];
  const { direction } = upgrade;
  const same = before.upgrade?.id === upgrade.id && before.upgrade.direction === direction;
  const states = new Map(same ? before.upgrade?.phases.map(({ id, state }) => [id, state]) : []);
  const changed = upgrade.phases.filter(({ id, state }) =>
    same ? states.get(id) !== state : state === 'running',
  );
  return [
    ...(same ? [] : [`${direction} begun`]),
    ...changed.map(({ id, state }) => `${direction} ${id} ${state}`),
  ];
}

function recordIn(object: KubeObject): Installation | undefined {
  return InstallationSchema.safeParse(tryJson(textAt(object, 'data', 'installation') ?? '')).data;
}
