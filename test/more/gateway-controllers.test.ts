import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeClient } from '../../apply/client/client.ts';
import { conditionOf } from '../../apply/health/condition.ts';
import { textAt } from '../../apply/json.ts';
import { testCertificate } from '../../content/testing/certificate.ts';
import { moveGateway } from '../../platform/infra/backup/move-gateway.ts';
import { CAPI_CLUSTERS } from '../../platform/infra/backup/pause.ts';
import { ensurePrograms, programCache } from '../cluster/builds/programs.ts';
import { freePort, type LoneApiServer, startApiServer } from '../provision/gateway/api-server.ts';
import { definitions, makeCluster, NAMESPACE } from '../provision/gateway/cluster-api-objects.ts';

const PROGRAMS = ['cluster-api-core', 'cluster-api-bootstrap', 'cluster-api-control-plane'] as const;
const { signal } = new AbortController();

test("Cluster API's own controllers go on with what was moved, and touch no machine", async () => {
  const options = { cache: programCache(process.env), signal };
  const programs = await ensurePrograms(['etcd', 'kube-apiserver', ...PROGRAMS], options);
  const servers: LoneApiServer[] = [];
  const controllers: ChildProcess[] = [];
  const folder = await mkdtemp(join(tmpdir(), 'skerry-controllers-'));
  try {
    const { cert, key } = await testCertificate();
    await writeFile(join(folder, 'tls.crt'), cert);
    await writeFile(join(folder, 'tls.key'), key);
    const start = async () => {
      const server = await startApiServer(programs, signal);
      servers.push(server);
      return server;
    };
    const [from, to] = [await start(), await start()];
    for (const definition of await definitions()) await from.client.apply(definition);
    await from.client.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });
    await makeCluster(from.client, 'edge');
    await moveGateway({
      from: from.client,
      to: to.client,
      now: () => new Date(0),
      onStep: () => undefined,
      signal,
    });
    const before = await machinesOf(to.client);
    assert.equal(before.length, 2);

    for (const name of PROGRAMS)
      controllers.push(await startController(programs[name], to.kubeconfig, folder));
    // They have worked on all of it when each has said so of its own objects, from nothing but what was moved.
    await until(
      async () => (await unseen(to.client)).length === 0,
      async () => (await unseen(to.client)).join(', '),
    );
    assert.deepEqual(await machinesOf(to.client), before);
  } finally {
    for (const controller of controllers) await end(controller);
    for (const server of servers) await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
});

/** What identifies each machine, here and in the cloud. */
async function machinesOf(client: KubeClient): Promise<unknown[]> {
  const kinds = [
    { apiVersion: 'cluster.x-k8s.io/v1beta2', kind: 'Machine' },
    { apiVersion: 'infrastructure.skerry.dev/v1alpha1', kind: 'SkerryMachine' },
  ];
  const lists = await Promise.all(kinds.map(async (kind) => (await client.list(kind)).items));
  return (
    lists[1]?.map((one) => {
      const machine = lists[0]?.find(({ metadata: { name } }) => name === one.metadata.name);
      return {
        name: one.metadata.name,
        uids: [one.metadata.uid, machine?.metadata.uid],
        owner: one.metadata.ownerReferences?.[0]?.uid === machine?.metadata.uid,
        ids: [textAt(one, 'spec', 'providerID'), textAt(machine, 'spec', 'providerID')],
        leaves: [one.metadata.deletionTimestamp, machine?.metadata.deletionTimestamp],
      };
    }) ?? []
  );
}

async function unseen(client: KubeClient): Promise<string[]> {
  const kinds = ['Cluster', 'Machine', 'MachineSet', 'MachineDeployment'].map((kind) => ({
    ...CAPI_CLUSTERS,
    kind,
  }));
  kinds.push({ apiVersion: 'controlplane.cluster.x-k8s.io/v1beta2', kind: 'KubeadmControlPlane' });
  const all = (await Promise.all(kinds.map(async (kind) => (await client.list(kind)).items))).flat();
  return all.flatMap((one) => {
    const rebuilt = one.kind === 'Machine' ? ['InfrastructureReady', 'BootstrapConfigReady'] : [];
    const missing = rebuilt.filter((type) => conditionOf(one, type)?.status !== 'True');
    if (conditionOf(one, 'Paused')?.status !== 'False') missing.unshift('Paused');
    return missing.length === 0 ? [] : [`${one.kind} ${one.metadata.name}: ${missing.join(' ')}`];
  });
}

async function startController(
  program: string,
  kubeconfig: string,
  certificates: string,
): Promise<ChildProcess> {
  const [webhook, health] = [await freePort(), await freePort()];
  const args = [
    '--leader-elect=false',
    `--webhook-cert-dir=${certificates}`,
    `--webhook-port=${webhook}`,
    `--health-addr=127.0.0.1:${health}`,
    '--diagnostics-address=0',
  ];
  return spawn(program, args, { stdio: 'ignore', env: { ...process.env, KUBECONFIG: kubeconfig } });
}

async function until(isTrue: () => Promise<boolean>, state: () => Promise<string>): Promise<void> {
  const limit = performance.now() + 240_000;
  while (!(await isTrue())) {
    if (performance.now() > limit) assert.fail(`not seen by its controller: ${await state()}`);
    await sleep(500);
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}
