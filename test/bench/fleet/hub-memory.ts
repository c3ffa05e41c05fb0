import type { Cluster } from '../../cluster/cluster.ts';
import { benchError } from '../errors.ts';

/** Resident bytes of the hub's process, which the kubelet runs. */
const FIND = `for pid in /proc/[0-9]*; do
  if tr '\\0' ' ' < $pid/cmdline 2>/dev/null | grep -q '^/usr/local/bin/node .*/skerry.mjs hub '; then grep VmRSS $pid/status; fi
done`;

/** Bytes of memory that the hub's process has; of several, the largest. */
export async function hubMemory(cluster: Cluster): Promise<number> {
  const found = await cluster.execInNode('sh', ['-c', FIND]);
  const sizes = [...found.matchAll(/VmRSS:\s+(\d+) kB/g)].map(([, size]) => Number(size) * 1024);
  if (sizes.length === 0)
    throw benchError('BENCH_RUN_FAILED', { subject: 'the hub', detail: 'no such process' });
  return Math.max(...sizes);
}
