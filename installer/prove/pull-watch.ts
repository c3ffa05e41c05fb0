import type { KubeClient } from '../../apply/client/client.ts';
import { systemClock } from '../../apply/clock.ts';
import { listAt, textAt } from '../../apply/json.ts';
import type { KubeObject } from '../../apply/object.ts';
import { isSkerryError } from '../../content/error.ts';
import { REGISTRY_ADDRESS } from '../names.ts';

/** An image that a node asked for elsewhere than at the private registry, and where that was seen. */
export interface ForeignPull {
  readonly image: string;
  readonly where: string;
}

/** Events pass after an hour, and pods at once: what is not seen in time is not seen. */
const EVERY_MS = 2000;
const IMAGE = /[Ii]mage "(?<image>[^"]+)"/;
const LISTS = ['initContainers', 'containers', 'ephemeralContainers'] as const;

type Client = Pick<KubeClient, 'list'>;

/**
 * Watches every image that nodes are asked for, by the events of the kubelets and the pods themselves. What was there
 * when it began is the cluster's own.
 */
export class PullWatch {
  readonly #client: Client;
  readonly #known = new Set<string>();
  readonly #foreign = new Map<string, ForeignPull>();
  readonly #stop = new AbortController();
  readonly #images = new Set<string>();
  #running: Promise<void> = Promise.resolve();

  private constructor(client: Client) {
    this.#client = client;
  }

  static async begin(client: Client, signal: AbortSignal): Promise<PullWatch> {
    const watch = new PullWatch(client);
    for (const { key } of await watch.#look(signal)) watch.#known.add(key);
    watch.#running = watch.#run(AbortSignal.any([signal, watch.#stop.signal]));
    return watch;
  }

  /** Images that were asked for at the private registry, so far. */
  get images(): number {
    return this.#images.size;
  }

  /** Ends the watch without a look; a process must not live on for it. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  /** Looks once more, ends the watch, and gives what was asked for elsewhere. */
  async end(signal: AbortSignal): Promise<ForeignPull[]> {
    await this.close();
    this.#note(await this.#look(signal));
    return [...this.#foreign.values()];
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        this.#note(await this.#look(signal));
        await systemClock.sleep(EVERY_MS, signal);
      } catch (error) {
        if (signal.aborted) return;
        // The API server may be away for a while; the look at the end must succeed.
        if (!isSkerryError(error)) throw error;
        await systemClock.sleep(EVERY_MS, signal).catch(() => {});
      }
    }
  }

  #note(seen: readonly Sighting[]): void {
    for (const { key, image, where } of seen) {
      if (this.#known.has(key)) continue;
      if (image.startsWith(`${REGISTRY_ADDRESS}/`)) this.#images.add(image);
      else if (!isProbe(image, where)) this.#foreign.set(image, { image, where });
    }
  }

  async #look(signal: AbortSignal): Promise<Sighting[]> {
    const [events, pods] = await Promise.all([
      this.#client.list({ apiVersion: 'v1', kind: 'Event' }, { signal }),
      this.#client.list({ apiVersion: 'v1', kind: 'Pod' }, { signal }),
    ]);
    return [...events.items.flatMap(inEvent), ...pods.items.flatMap(inPod)];
  }
}

/** The installer tries, before there is a registry, whether nodes can pull from the workstation: by ports of localhost. */
function isProbe(image: string, where: string): boolean {
  return where.startsWith('skerry-preflight-') && /^localhost:\d+\//.test(image);
}

interface Sighting {
  /** The same for what was seen before. */
  readonly key: string;
  readonly image: string;
  readonly where: string;
}

function inEvent(event: KubeObject): Sighting[] {
  const image = IMAGE.exec(textAt(event, 'message') ?? '')?.groups?.image;
  if (image === undefined) return [];
  const pod = `${textAt(event, 'involvedObject', 'namespace')}/${textAt(event, 'involvedObject', 'name')}`;
  // By pod, not by event: a pod of before may be told of again.
  return [{ key: `${pod} ${image}`, image, where: `${pod}: ${textAt(event, 'message')}` }];
}

function inPod(pod: KubeObject): Sighting[] {
  const name = `${pod.metadata.namespace}/${pod.metadata.name}`;
  return LISTS.flatMap((list) => listAt(pod, 'spec', list)).flatMap((container) => {
    const image = textAt(container, 'image');
    return image === undefined ? [] : [{ key: `${name} ${image}`, image, where: name }];
  });
}
