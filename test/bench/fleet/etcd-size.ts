import { z } from 'zod';
import type { Cluster } from '../../cluster/cluster.ts';
import { benchError } from '../errors.ts';

const Status = z.looseObject({ dbSizeInUse: z.string(), header: z.looseObject({ revision: z.string() }) });

/** Bytes that etcd has in use once what was overwritten is dropped, through its own HTTP gateway. */
export async function etcdBytes(cluster: Cluster): Promise<number> {
  const { header } = Status.parse(await ask(cluster, 'maintenance/status', {}));
  await ask(cluster, 'kv/compaction', { revision: header.revision, physical: true });
  await ask(cluster, 'maintenance/defragment', {});
  return Number(Status.parse(await ask(cluster, 'maintenance/status', {})).dbSizeInUse);
}

async function ask(cluster: Cluster, path: string, body: object): Promise<unknown> {
  const args = ['-sS', '--fail-with-body', '-d', JSON.stringify(body), `http://127.0.0.1:2379/v3/${path}`];
  const { exitCode, all, stdout } = await cluster.execOnNode('curl', args);
  if (exitCode !== 0) throw benchError('BENCH_RUN_FAILED', { subject: `etcd ${path}`, detail: all });
  return JSON.parse(stdout);
}
