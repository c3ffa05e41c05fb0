import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, readlink, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { extract } from 'tar';
import { isSkerryError } from '../../content/error.ts';
import { ClusterApi } from './api.ts';
import { type ClusterProgram, clusterPrograms } from './builds/program.ts';
import { ensurePrograms, programCache } from './builds/programs.ts';
import { cgroupHierarchies } from './cleanup.ts';
import { type Cluster, findCluster, startCluster, stopCluster } from './cluster.ts';
import { PAUSE_IMAGE } from './configuration.ts';
import { ensureHost } from './host.ts';
import { islandCounters } from './network/island.ts';
import { networkPath } from './network/network.ts';
import { nodeProcess } from './node.ts';
import { command } from './processes/command.ts';
import { identify, isAlive, type ProcessIdentity, processesInNetwork } from './processes/process.ts';
import { DEFAULT_ROOT } from './state.ts';

/** TEST-NET-1 (RFC 5737): an address that nobody has. */
const ELSEWHERE = '192.0.2.1';
const names = ['test-left', 'test-right', 'test-crash'];

describe('a test cluster', { timeout: 240_000 }, () => {
  let programs: Record<ClusterProgram, string>;
  let left: Cluster;
  let right: Cluster;

  before(async () => {
    const onProgress = (line: string) => console.error(line);
    await ensureHost({ install: true, onProgress });
    programs = await ensurePrograms(clusterPrograms, { cache: programCache(process.env), onProgress });
    [left, right] = await Promise.all([
      startCluster({ name: 'test-left', programs }),
      startCluster({ name: 'test-right', programs, storage: false }),
    ]);
  });

  after(async () => {
    for (const name of names) await stopCluster(name).catch(() => undefined);
  });

  it('tries nothing that leads out of its island while it starts', async () => {
    for (const cluster of [left, right]) {
      const counters = await islandCounters(cluster);
      assert.equal(counters.total, 0, JSON.stringify(counters, null, 2));
      assert.equal(counters.networks.length, 2);
    }
  });

  it('runs beside another one, with a ready node and addresses of its own', async () => {
    assert.notEqual(left.nodeAddress, right.nodeAddress);
    for (const cluster of [left, right]) {
      const nodes = JSON.stringify(await cluster.api.get('/api/v1/nodes'));
      assert.match(nodes, new RegExp(`"type":"InternalIP","address":"${cluster.nodeAddress}"`));
      assert.match(nodes, /"kubeletVersion":"v1\.34\.4"/);
    }
  });

  it('runs a pod from the image that is on the node, with a volume, and removes the volume with its claim', async () => {
    await left.api.apply(claimObject('data'));
    await left.api.apply(podObject('with-volume', PAUSE_IMAGE, 'data'));
    await until(() => hasPhase(left, 'with-volume', 'Running'));
    const volumes = await readdir(join(left.folder, 'var/volumes'));
    assert.equal(volumes.length, 1);
    await left.api.remove('/api/v1/namespaces/default/pods/with-volume?gracePeriodSeconds=0');
    await left.api.remove('/api/v1/namespaces/default/persistentvolumeclaims/data');
    await until(async () => (await readdir(join(left.folder, 'var/volumes'))).length === 0);
  });

  it('has no StorageClass when it was started without', async () => {
    const classes = await right.api.get('/apis/storage.k8s.io/v1/storageclasses');
    assert.match(JSON.stringify(classes), /"items":\[\]/);
  });

  it('pulls an image from its workstation through a NodePort on localhost', async () => {
    const digest = await serveLayout(left);
    for (const object of registryService(left.workstation.address)) await left.api.apply(object);
    await until(async () => (await reach(left, '127.0.0.1', 31999)) === 'connected');
    await left.api.apply(podObject('pulled', `localhost:31999/any/pause@${digest}`));
    await until(() => hasPhase(left, 'pulled', 'Running'));
    const pod = JSON.stringify(await left.api.get('/api/v1/namespaces/default/pods/pulled'));
    assert.match(pod, new RegExp(`"imageID":"localhost:31999/any/pause@${digest}"`));
  });

  it('has a DNS that knows its Services and notes who asks for a name outside', async () => {
    const dns = (cluster: Cluster, name: string) =>
      cluster.execOnNode(process.execPath, ['-e', RESOLVE, cluster.plan.dns, name]);
    const inside = await dns(right, 'kubernetes.default.svc.cluster.local');
    assert.equal(inside.stdout, right.plan.api);
    const outside = await dns(right, 'registry.example.com');
    assert.equal(outside.stdout, 'ENOTFOUND');
    await until(async () => (await islandCounters(right)).names.includes('registry.example.com.'));
  });

  it('lets its pods reach cluster DNS and the API server by their Services', async () => {
    const resolved = await inPod(left, [
      '-e',
      RESOLVE,
      left.plan.dns,
      'kubernetes.default.svc.cluster.local',
    ]);
    assert.equal(resolved, left.plan.api);
    assert.equal(await inPod(left, ['-e', CONNECT, left.plan.api, '443']), 'connected');
  });

  it('can have a workstation that reaches it but that it does not reach', async () => {
    const far = await right.addWorkstation({ name: 'far', reachable: false });
    const near = await right.addWorkstation({ name: 'near' });
    const listeners = [far, near].map((one) => one.exec(process.execPath, ['-e', LISTEN]));
    const api = await far.exec(process.execPath, ['-e', CONNECT, right.nodeAddress, '6443']);
    assert.equal(api.stdout, 'connected');
    await until(async () => (await reach(right, near.address)) === 'connected');
    assert.equal(await reach(right, far.address), 'silent');
    await near.setCable(false);
    assert.notEqual(await reach(right, near.address), 'connected');
    await near.setCable(true);
    await until(async () => (await reach(right, near.address)) === 'connected');
    for (const listener of listeners) listener.kill('SIGKILL');
  });

  it('gives a user who was granted nothing no access', async () => {
    const kubeconfig = await readFile(await left.userKubeconfig('nobody'), 'utf8');
    const field = (key: string) =>
      Buffer.from(new RegExp(`${key}: (\\S+)`).exec(kubeconfig)?.[1] ?? '', 'base64');
    const authority = field('certificate-authority-data').toString();
    const credentials = {
      certificate: field('client-certificate-data').toString(),
      key: field('client-key-data').toString(),
    };
    const api = new ClusterApi(join(left.folder, 'api.sock'), authority, credentials);
    assert.equal((await api.request('/api/v1/namespaces')).status, 403);
    api.close();
  });

  it('counts each packet that tries to leave, from a workstation, a pod and the node', async () => {
    const read = () => islandCounters(left);
    const counts = async () =>
      (await read()).networks.map(({ sent, forwarded, routed }) => [sent, forwarded, routed]);
    const before = await read();
    assert.equal(before.total, 0, JSON.stringify(before, null, 2));

    await left.workstation.exec('bash', ['-c', PACKET]);
    const [[, , routed] = [], [sent = 0] = []] = await counts();
    assert.ok(sent > 0);
    assert.equal(routed, 0);

    await inPod(left, ['-e', DATAGRAM]);
    await until(async () => ((await counts())[0]?.[1] ?? 0) > 0);

    const route = ['route', 'add', ELSEWHERE, 'via', left.workstation.address];
    assert.equal((await left.execOnNode('ip', route)).exitCode, 0);
    await left.execOnNode('bash', ['-c', PACKET]);
    assert.equal((await counts())[0]?.[2], 1);

    await left.execOnNode('ip', ['route', 'add', 'default', 'via', left.workstation.address]);
    assert.equal((await read()).networks[0]?.defaultRoutes.length, 1);
  });

  it('is not started a second time under the same name', async () => {
    await assert.rejects(startCluster({ name: 'test-left', programs }), (error) =>
      isSkerryError(error, 'CLUSTER_RUNNING'),
    );
    await assert.rejects(startCluster({ name: 'No!', programs }), (error) =>
      isSkerryError(error, 'CLUSTER_NAME_INVALID'),
    );
  });

  it('leaves nothing behind when it is stopped', async () => {
    assert.equal((await right.networks()).length, 4);
    const processes = await processesOf(right);
    assert.ok(processes.length > 15, `${processes.length} processes`);
    await right.stop();
    assert.deepEqual(await traces('test-right'), []);
    assert.deepEqual(await stillAlive(processes), []);
    await assert.rejects(findCluster('test-right'), (error) => isSkerryError(error, 'CLUSTER_UNKNOWN'));
  });

  it('leaves nothing behind when its start is given up', async () => {
    const controller = new AbortController();
    const onProgress = (line: string) => {
      if (line.startsWith('starting the control plane')) setTimeout(() => controller.abort(), 700);
    };
    await assert.rejects(
      startCluster({ name: 'test-right', programs, onProgress, signal: controller.signal }),
    );
    assert.ok(controller.signal.aborted);
    assert.deepEqual(await traces('test-right'), []);
  });

  it('starts anew after its starter was killed in the middle, and ends what that one has left', async () => {
    const starter = spawn(process.execPath, [join(import.meta.dirname, 'fixtures/starter.ts'), 'test-crash']);
    for await (const line of createInterface(starter.stdout)) if (line === 'starting the node') break;
    await sleep(500);
    starter.kill('SIGKILL');
    await once(starter, 'exit');
    const orphans = await processesOf({ name: 'test-crash', network: 'skerry.test-crash' });
    assert.ok(orphans.length > 10, `${orphans.length} processes`);
    const cluster = await startCluster({ name: 'test-crash', programs });
    assert.deepEqual(await stillAlive(orphans), []);
    await cluster.api.apply(podObject('after', PAUSE_IMAGE));
    await until(() => hasPhase(cluster, 'after', 'Running'));
    const processes = await processesOf(cluster);
    await cluster.stop();
    assert.deepEqual(await traces('test-crash'), []);
    assert.deepEqual(await stillAlive(processes), []);
  });
});

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 30_000; !(await holds()); await sleep(100)) {
    assert.ok(Date.now() < deadline, `waited in vain for ${holds}`);
  }
}

function claimObject(name: string) {
  const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };
  return { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name, namespace: 'default' }, spec };
}

function podObject(name: string, image: string, claim?: string) {
  const mount = { volumeMounts: [{ name: 'data', mountPath: '/data' }] };
  const volume = { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: claim } }] };
  const container = {
    name: 'pause',
    image,
    imagePullPolicy: 'IfNotPresent',
    ...(claim === undefined ? {} : mount),
  };
  const spec = { containers: [container], ...(claim === undefined ? {} : volume) };
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'default' }, spec };
}

async function hasPhase(cluster: Cluster, pod: string, phase: string): Promise<boolean> {
  const found = await cluster.api.get(`/api/v1/namespaces/default/pods/${pod}`);
  return JSON.stringify(found).includes(`"phase":"${phase}"`);
}

/** The address of the registry before the registry exists: a Service without a selector that names the workstation. */
function registryService(workstation: string) {
  const metadata = { name: 'registry', namespace: 'default' };
  const labels = { 'kubernetes.io/service-name': 'registry' };
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: { type: 'NodePort', ports: [{ port: 5000, nodePort: 31999 }] },
    },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { ...metadata, labels },
      addressType: 'IPv4',
      endpoints: [{ addresses: [workstation], conditions: { ready: true } }],
      ports: [{ port: 5000, protocol: 'TCP' }],
    },
  ];
}

/** Serves the pause image from the workstation, as any registry would; gives the digest of its manifest. */
async function serveLayout(cluster: Cluster): Promise<string> {
  const layout = join(cluster.folder, 'served');
  await mkdir(layout);
  await extract({ file: join(cluster.folder, 'config/pause.tar'), cwd: layout });
  const server = join(import.meta.dirname, 'fixtures/layout-server.ts');
  cluster.workstation.exec(process.execPath, [server, layout, '5000']).catch(() => undefined);
  const index = await readFile(join(layout, 'index.json'), 'utf8');
  return /sha256:[0-9a-f]{64}/.exec(index)?.[0] ?? '';
}

const PACKET = `echo hello > /dev/udp/${ELSEWHERE}/9`;

const DATAGRAM = `
const socket = require('node:dgram').createSocket('udp4');
socket.send('hello', 9, '${ELSEWHERE}', () => socket.close());
`;

const RESOLVE = `
const [server, name] = process.argv.slice(1);
const resolver = new (require('node:dns').promises.Resolver)({ timeout: 2000, tries: 2 });
resolver.setServers([server]);
resolver.resolve4(name).then((found) => found.join(), (error) => error.code).then(console.log);
`;

const LISTEN = `require('node:net').createServer((socket) => socket.end()).listen(7000)`;

const CONNECT = `
const [host, port] = process.argv.slice(1);
const socket = require('node:net').connect(Number(port), host);
const say = (what) => { console.log(what); process.exit(); };
socket.once('connect', () => say('connected')).once('error', (error) => say(error.code));
setTimeout(() => say('silent'), 1000);
`;

/** Runs Node in the network of a pod of the cluster, and gives its output. */
async function inPod(cluster: Cluster, args: string[]): Promise<string> {
  const first = await nodeProcess(cluster.folder);
  const [pod = ''] = await readdir(`/proc/${first?.pid}/root/run/netns`);
  const network = `--net=/proc/${first?.pid}/root/run/netns/${pod}`;
  return command('nsenter', [network, '--', process.execPath, ...args]);
}

async function reach(cluster: Cluster, address: string, port = 7000): Promise<string> {
  return String((await cluster.execOnNode(process.execPath, ['-e', CONNECT, address, String(port)])).stdout);
}

/** Processes in the cluster's network, in its pods, and in the node's pid namespace. */
async function processesOf({ name, network }: { name: string; network: string }): Promise<ProcessIdentity[]> {
  const inNetwork = await processesInNetwork(networkPath(network));
  const namespaces = await Promise.all(inNetwork.map(({ pid }) => pidNamespace(pid)));
  const own = new Set(namespaces);
  own.delete(await pidNamespace(process.pid));
  const found = new Map(inNetwork.map((identity) => [identity.pid, identity]));
  for (const entry of (await readdir('/proc')).filter((one) => /^\d+$/.test(one))) {
    const cgroup = await readFile(`/proc/${entry}/cgroup`, 'utf8').catch(() => '');
    const inside = cgroup.includes(`/skerry-${name}/`) || own.has(await pidNamespace(Number(entry)));
    const identity = inside ? await identify(Number(entry)) : undefined;
    if (identity !== undefined) found.set(identity.pid, identity);
  }
  return [...found.values()];
}

function pidNamespace(pid: number): Promise<string> {
  return readlink(`/proc/${pid}/ns/pid`).catch(() => '');
}

async function stillAlive(processes: readonly ProcessIdentity[]): Promise<ProcessIdentity[]> {
  const alive = await Promise.all(processes.map(isAlive));
  return processes.filter((_, index) => alive[index]);
}

/** What the machine has of a cluster apart from processes. */
async function traces(name: string): Promise<string[]> {
  const networks = (await readdir('/run/netns')).filter((one) => one.split('.')[1] === name);
  const hierarchies = [...(await cgroupHierarchies(1)), ...(await cgroupHierarchies(2))];
  const paths = [...hierarchies.map((path) => join(path, `skerry-${name}`)), join(DEFAULT_ROOT, name)];
  const present = await Promise.all(
    paths.map((path) =>
      stat(path).then(
        () => [path],
        () => [],
      ),
    ),
  );
  const mounts = (await readFile('/proc/self/mounts', 'utf8')).split('\n');
  const own = mounts.filter(
    (line) => line.includes(join(DEFAULT_ROOT, name)) || line.includes(`skerry.${name}`),
  );
  return [...networks, ...present.flat(), ...own];
}
