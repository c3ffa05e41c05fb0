import { z } from 'zod';
import type { KubeClient } from '../../apply/client/client.ts';
import { tryJson } from '../../content/json.ts';
import { mapLimited } from '../../content/limit.ts';

/** Room as kubelets measure it (their /stats/summary), in bytes. Where a kubelet can't be asked, nothing is said of it. */
export interface KubeletRoom {
  /** Free where images are kept, by node. */
  readonly images: ReadonlyMap<string, number>;
  /** Of volumes, by `namespace/claim`. */
  readonly volumes: ReadonlyMap<string, VolumeRoom>;
}

export interface VolumeRoom {
  readonly capacity: number | undefined;
  readonly used: number | undefined;
  readonly available: number | undefined;
}

const bytes = z.number().nonnegative().optional();
const Fs = z.looseObject({ availableBytes: bytes }).optional();
const Summary = z.looseObject({
  node: z.looseObject({ fs: Fs, runtime: z.looseObject({ imageFs: Fs }).optional() }).optional(),
  pods: z
    .array(
      z.looseObject({
        volume: z
          .array(
            z.looseObject({
              ...{ capacityBytes: bytes, usedBytes: bytes, availableBytes: bytes },
              pvcRef: z.looseObject({ name: z.string(), namespace: z.string() }).optional(),
            }),
          )
          .nullish(),
      }),
    )
    .nullish(),
});

const WIDTH = 8;
const TIMEOUT_MS = 10_000;

export async function readKubeletRoom(
  client: Pick<KubeClient, 'read'>,
  nodes: readonly string[],
  signal?: AbortSignal,
): Promise<KubeletRoom> {
  const images = new Map<string, number>();
  const volumes = new Map<string, VolumeRoom>();
  await mapLimited(nodes, WIDTH, async (name) => {
    const summary = await readSummary(client, name, signal);
    const free = summary?.node?.runtime?.imageFs?.availableBytes ?? summary?.node?.fs?.availableBytes;
    if (free !== undefined) images.set(name, free);
    for (const volume of (summary?.pods ?? []).flatMap((pod) => pod.volume ?? [])) {
      const { pvcRef, capacityBytes, usedBytes, availableBytes } = volume;
      if (pvcRef === undefined) continue;
      const room = { capacity: capacityBytes, used: usedBytes, available: availableBytes };
      volumes.set(`${pvcRef.namespace}/${pvcRef.name}`, room);
    }
  });
  return { images, volumes };
}

async function readSummary(client: Pick<KubeClient, 'read'>, node: string, signal: AbortSignal | undefined) {
  const path = `/api/v1/nodes/${encodeURIComponent(node)}/proxy/stats/summary`;
  try {
    const { status, text } = await client.read(path, { signal, timeoutMs: TIMEOUT_MS });
    return status === 200 ? Summary.safeParse(tryJson(text)).data : undefined;
  } catch {
    // A kubelet that does not answer is no reason to say nothing about the others.
    signal?.throwIfAborted();
    return undefined;
  }
}
