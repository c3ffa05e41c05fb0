import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { z } from 'zod';
import { parseManifest } from '../../../content/manifest.ts';
import type { Manifest } from '../../../content/store.ts';
import { clusterPrograms } from '../../cluster/builds/program.ts';
import { ensurePrograms, programCache } from '../../cluster/builds/programs.ts';
import { type Cluster, startCluster } from '../../cluster/cluster.ts';
import { ensureHost } from '../../cluster/host.ts';
import { islandCounters } from '../../cluster/network/island.ts';
import { enterNetwork } from '../../cluster/network/network.ts';
import { type RegistryProcess, serveRegistryOf } from '../process.ts';
import { layoutOf, makeRunnable, type RunnableOptions } from './images.ts';
import { accessArgs, FULL, LIMITED, type Login, type Openness, SKERRY } from './served-store.ts';

const PROGRAMS = [...clusterPrograms, 'crane', 'regctl', 'helm'] as const;
/** A host of references that nobody can reach; nodes have a mirror for it. */
const FAR = 'images.example';
/** Each registry's port on the workstation, and the one under which every node has it on `localhost`. */
const PORTS = {
  everything: { port: 5000, nodePort: 31999 },
  pull: { port: 5001, nodePort: 31998 },
  nothing: { port: 5002, nodePort: 31997 },
} as const satisfies Record<Openness, { port: number; nodePort: number }>;
const OPENNESS = ['everything', 'pull', 'nothing'] as const satisfies readonly Openness[];
const POD_STARTS_MS = 90_000;

let cluster: Cluster;
let programs: Record<(typeof PROGRAMS)[number], string>;
let folder: string;
const registries = new Map<Openness, RegistryProcess>();

before(async () => {
  await ensureHost({ install: true, groups: ['cluster', 'build', 'tools'] });
  programs = await ensurePrograms(PROGRAMS, { cache: programCache(process.env) });
  folder = await mkdtemp(join(tmpdir(), 'skerry-kubelet-'));
  cluster = await startCluster({ name: 'pulls', programs });
  for (const openness of OPENNESS) {
    await serve(openness);
    for (const object of nodePort(openness)) await cluster.api.apply(object);
    await crane('auth', 'login', '-u', FULL.user, '-p', FULL.password, pushHost(openness));
  }
});

after(async () => {
  try {
    for (const openness of OPENNESS) await stop(openness);
  } finally {
    await cluster?.stop();
    await rm(folder, { recursive: true, force: true });
  }
});

describe('a kubelet', () => {
  test('runs an image for several platforms by a rewritten reference, and fetches its own platform only', async () => {
    const image = await pushed('everything', `${FAR}/team/rewritten`, { seed: 'rewritten' });
    const pod = await running('rewritten', `${nodeHost('everything')}/${FAR}/team/rewritten:1`);
    assert.equal(pod.digest, image.digest);
    const asked = paths('everything');
    const [amd64, arm64] = parseManifest(image, 'image').manifests;
    const [own, other] = process.arch === 'arm64' ? [arm64, amd64] : [amd64, arm64];
    assert.ok(asked.some((path) => path.endsWith(`/team/rewritten/manifests/${own?.digest}`)));
    assert.ok(!gets('everything').some((path) => path.endsWith(`/manifests/${other?.digest}`)));
  });

  test('runs an image by its digest through a mirror, under its own name', async () => {
    const image = await pushed('everything', `${FAR}/team/mirrored`, { seed: 'mirrored' });
    await mirror(FAR, 'everything');
    const pod = await running('mirrored', `${FAR}/team/mirrored@${image.digest}`);
    assert.equal(pod.image, `${FAR}/team/mirrored@${image.digest}`);
    assert.ok(paths('everything').includes(`/v2/team/mirrored/manifests/${image.digest}`));
    const byTag = await running('mirrored-by-tag', `${FAR}/team/mirrored:1`);
    assert.equal(byTag.digest, image.digest);
  });

  test("runs an image in Docker's own types", async () => {
    const image = await pushed('everything', 'team/docker', { seed: 'docker', docker: true });
    const pod = await running('docker', `${nodeHost('everything')}/team/docker:1`);
    assert.equal(pod.digest, image.digest);
  });

  test('needs no password where everybody may pull', async () => {
    const image = await pushed('pull', 'team/guarded', { seed: 'guarded' });
    const pod = await running('guarded', `${nodeHost('pull')}/team/guarded:1`);
    assert.equal(pod.digest, image.digest);
  });

  test('pulls with the right secret only where nobody may without a password', async () => {
    const image = await pushed('nothing', 'team/secret', { seed: 'secret' });
    const reference = `${nodeHost('nothing')}/team/secret:1`;
    await cluster.api.apply(pullSecret('wrong', nodeHost('nothing'), { ...LIMITED, password: 'wrong' }));
    await cluster.api.apply(pullSecret('right', nodeHost('nothing'), LIMITED));
    assert.match(await refused('secret-none', reference), /401|authorization failed/i);
    assert.match(await refused('secret-wrong', reference, 'wrong'), /401|authorization failed/i);
    assert.equal((await running('secret-right', reference, 'right')).digest, image.digest);
  });

  test('pulls through a mirror with the secret of an account that may do just that', async () => {
    const host = 'secret.example';
    const image = await pushed('nothing', `${host}/nodes/app`, { seed: 'secret-mirrored' });
    await mirror(host, 'nothing');
    await cluster.api.apply(pullSecret('mirror', host, LIMITED));
    assert.match(await refused('mirror-none', `${host}/nodes/app:1`), /401|authorization failed/i);
    assert.equal((await running('mirror-right', `${host}/nodes/app:1`, 'mirror')).digest, image.digest);
  });

  test('pulls from a registry that was started again', async () => {
    const image = await pushed('nothing', 'team/restarted', { seed: 'restarted' });
    const reference = `${nodeHost('nothing')}/team/restarted:1`;
    await stop('nothing');
    assert.match(await refused('restart-none', reference, 'right'), /refused|dial|EOF|reset/);
    await serve('nothing');
    assert.equal((await running('restart-done', reference, 'right')).digest, image.digest);
  });

  test('runs what helm installs from a chart in the registry', async () => {
    const image = await pushed('everything', 'team/charted', { seed: 'charted' });
    await writeChart(`${nodeHost('everything')}/team/charted@${image.digest}`);
    const at = pushHost('everything');
    await onWorkstation(programs.helm, 'package', 'charted');
    await onWorkstation(programs.helm, 'push', 'charted-1.0.0.tgz', `oci://${at}/charts`, '--plain-http');
    const chart = [`oci://${at}/charts/charted`, '--version', '1.0.0', '--plain-http'];
    await onWorkstation(programs.helm, 'install', 'charted', ...chart);
    assert.equal((await running('charted', undefined)).digest, image.digest);
  });

  test('never tried to leave the island', async () => {
    assert.equal((await islandCounters(cluster)).total, 0);
  });
});

/** Serves the store of that registry from the workstation; the same folder each time. */
async function serve(openness: Openness): Promise<void> {
  const own = join(folder, openness);
  await mkdir(own, { recursive: true });
  const [enter, args] = enterNetwork(cluster.workstation.network);
  const served = ['--store', join(own, 'store'), ...(await accessArgs(own, openness))];
  const { port } = PORTS[openness];
  const options = { address: cluster.workstation.address, port, requests: true };
  registries.set(openness, await serveRegistryOf([enter, ...args, ...SKERRY], served, options));
}

/** Fails when the registry ended badly, or ever answered that it had failed. */
async function stop(openness: Openness): Promise<void> {
  const registry = registries.get(openness);
  registries.delete(openness);
  await registry?.[Symbol.asyncDispose]();
  const failed = registry?.requests.filter(({ status }) => status >= 500);
  assert.deepEqual(failed ?? [], []);
}

/** How the workstation names a registry. */
function pushHost(openness: Openness): string {
  return `${cluster.workstation.address}:${PORTS[openness].port}`;
}

/** How the nodes name it. */
function nodeHost(openness: Openness): string {
  return `localhost:${PORTS[openness].nodePort}`;
}

const paths = (openness: Openness) => (registries.get(openness)?.requests ?? []).map(({ path }) => path);
const gets = (openness: Openness) =>
  (registries.get(openness)?.requests ?? []).filter(({ method }) => method === 'GET').map(({ path }) => path);

/** Runs a program on the workstation that must end well; gives its standard output. */
async function onWorkstation(program: string, ...args: string[]): Promise<string> {
  const env = {
    HOME: folder,
    DOCKER_CONFIG: folder,
    KUBECONFIG: cluster.kubeconfig,
    HELM_REGISTRY_CONFIG: join(folder, 'config.json'),
  };
  const { exitCode, stdout, all } = await cluster.workstation.exec(program, args, {
    cwd: folder,
    env,
    timeout: 120_000,
  });
  assert.equal(exitCode, 0, `${args.join(' ')}\n${all}`);
  return stdout;
}

async function crane(...args: string[]): Promise<string> {
  return await onWorkstation(programs.crane, '--insecure', ...args);
}

/** Makes an image that no node has and pushes it for all platforms; gives its index. */
async function pushed(
  openness: Openness,
  repository: string,
  options: Omit<RunnableOptions, 'program'>,
): Promise<Manifest> {
  const layout = join(folder, 'images', options.seed);
  const image = await makeRunnable(layout, { ...options, program: programs.pause });
  const host = pushHost(openness);
  const target = `${host}/${repository}:1`;
  if (options.docker) {
    // crane would give a list that comes from a layout the type of an index.
    const copy = ['image', 'copy', `ocidir://${layout}@${image.digest}`, target];
    await onWorkstation(programs.regctl, '--host', `reg=${host},tls=disabled`, ...copy);
  } else {
    await crane('push', '--index', await layoutOf({ folder: layout }, image), target);
  }
  return image;
}

/** Containerd's own way (docs/hosts.md there): the registry answers for a host, whose references stay as they are. */
async function mirror(host: string, openness: Openness): Promise<void> {
  const own = join(cluster.folder, 'config/certs.d', host);
  await mkdir(own, { recursive: true });
  const url = `http://${nodeHost(openness)}`;
  await writeFile(
    join(own, 'hosts.toml'),
    `server = "${url}"\n[host."${url}"]\ncapabilities = ["pull", "resolve"]\n`,
  );
}

const Pod = z.looseObject({
  spec: z.looseObject({ containers: z.array(z.looseObject({ image: z.string() })) }),
  status: z.looseObject({
    phase: z.string(),
    containerStatuses: z
      .array(
        z.looseObject({
          imageID: z.string(),
          state: z.looseObject({
            running: z.looseObject({}).optional(),
            waiting: z.looseObject({ reason: z.string(), message: z.string().optional() }).optional(),
          }),
        }),
      )
      .optional(),
  }),
});

/** Waits until a pod runs; makes it first, unless there is one. Gives what it runs. */
async function running(
  name: string,
  image: string | undefined,
  secret?: string,
): Promise<{ image: string; digest: string }> {
  if (image !== undefined) await cluster.api.apply(podObject(name, image, secret));
  const { spec, status } = await untilPod(name, (container) => container?.state.running !== undefined);
  return {
    image: spec.containers[0]?.image ?? '',
    digest: status.containerStatuses?.[0]?.imageID.split('@').at(-1) ?? '',
  };
}

/** Waits until the pull of a new pod's image has failed; gives what the kubelet says of it. */
async function refused(name: string, image: string, secret?: string): Promise<string> {
  await cluster.api.apply(podObject(name, image, secret));
  const { status } = await untilPod(name, (container) => container?.state.waiting?.reason === 'ErrImagePull');
  return status.containerStatuses?.[0]?.state.waiting?.message ?? '';
}

type Container = NonNullable<z.infer<typeof Pod>['status']['containerStatuses']>[number];

async function untilPod(name: string, holds: (container: Container | undefined) => boolean) {
  for (const until = Date.now() + POD_STARTS_MS; ; await sleep(100)) {
    const pod = Pod.parse(await cluster.api.get(`/api/v1/namespaces/default/pods/${name}`));
    if (holds(pod.status.containerStatuses?.[0])) return pod;
    assert.ok(Date.now() < until, `waited in vain for ${name}: ${JSON.stringify(pod.status)}`);
  }
}

function podObject(name: string, image: string, secret?: string) {
  const secrets = secret === undefined ? {} : { imagePullSecrets: [{ name: secret }] };
  const containers = [{ name: 'main', image, imagePullPolicy: 'Always' }];
  const spec = { containers, ...secrets, terminationGracePeriodSeconds: 0 };
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'default' }, spec };
}

function pullSecret(name: string, host: string, { user, password }: Login) {
  const auth = Buffer.from(`${user}:${password}`).toString('base64');
  const config = JSON.stringify({ auths: { [host]: { auth } } });
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: 'default' },
    type: 'kubernetes.io/dockerconfigjson',
    data: { '.dockerconfigjson': Buffer.from(config).toString('base64') },
  };
}

/** Makes a registry of the workstation known on every node's `localhost`: a Service without a selector. */
function nodePort(openness: Openness) {
  const metadata = { name: `registry-${openness}`, namespace: 'default' };
  const { port, nodePort } = PORTS[openness];
  return [
    { apiVersion: 'v1', kind: 'Service', metadata, spec: { type: 'NodePort', ports: [{ port, nodePort }] } },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { ...metadata, labels: { 'kubernetes.io/service-name': metadata.name } },
      addressType: 'IPv4',
      endpoints: [{ addresses: [cluster.workstation.address], conditions: { ready: true } }],
      ports: [{ port, protocol: 'TCP' }],
    },
  ];
}

async function writeChart(image: string): Promise<void> {
  const chart = join(folder, 'charted');
  await mkdir(join(chart, 'templates'), { recursive: true });
  await writeFile(join(chart, 'Chart.yaml'), 'apiVersion: v2\nname: charted\nversion: 1.0.0\n');
  await writeFile(join(chart, 'templates/pod.yaml'), stringify(podObject('charted', image)));
}
