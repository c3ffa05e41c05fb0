import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { z } from 'zod';
import { parseManifests } from '../../apply/manifest.ts';
import { installerError } from '../../installer/errors.ts';
import { joinClusters } from '../../test/cluster/network/wire.ts';
import type { Cluster } from '../../test/cluster/running-cluster.ts';
import { until } from '../../test/fleet/until.ts';

const PROJECT = 'harbour';
const SYSTEM = 'skerry-system';
const USER = 'captain';
const HUB_NODE_PORT = 31_843;
/** What the profile is made of; digests come from the registry. */
const PROFILE = {
  name: 'base',
  version: '1.0.0',
  variables: [{ name: 'replicas', type: 'integer', default: 2 }],
  packs: [
    { name: 'coredns', version: '1.0.0' },
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the profile
    { name: 'podinfo', version: '1.0.0', dependsOn: ['coredns'], values: 'replicas: ${replicas}\n' },
  ],
};
const PODINFO = '/apis/apps/v1/namespaces/podinfo/deployments/podinfo';

const Secret = z.looseObject({ data: z.record(z.string(), z.string()) });
const Token = z.looseObject({ status: z.looseObject({ token: z.string() }) });
const Scale = z.looseObject({ spec: z.looseObject({ replicas: z.int() }) });
const Drift = z.looseObject({ top: z.array(z.looseObject({ state: z.string() })) });

export interface FleetDemo {
  readonly hub: Cluster;
  readonly edge: Cluster;
  /** The program on the stick. */
  readonly program: string;
  /** Where the login and the files are kept. */
  readonly home: string;
  readonly signal: AbortSignal;
}

/** A second island gets a profile from the first one's hub, over a wire that is all there is between them. */
export async function showFleet(demo: FleetDemo): Promise<void> {
  await rm(demo.home, { recursive: true, force: true });
  await mkdir(demo.home, { recursive: true });
  await joinClusters(demo.hub, demo.edge);
  await logIn(demo);
  await configure(demo);
  await enroll(demo);
  await drift(demo);
}

async function logIn({ hub, home, ...demo }: FleetDemo): Promise<void> {
  say('LOG IN TO THE HUB, on the workstation of its island: the first user, and how the hub is known');
  const account = { kind: 'ServiceAccount', name: USER, namespace: SYSTEM };
  typed(`kubectl -n ${SYSTEM} create serviceaccount ${USER}`);
  await hub.api.apply({
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: USER, namespace: SYSTEM },
  });
  typed(
    `kubectl create clusterrolebinding ${USER} --clusterrole cluster-admin --serviceaccount ${SYSTEM}:${USER}`,
  );
  await hub.api.apply({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: USER },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [account],
  });
  typed(`kubectl -n ${SYSTEM} create token ${USER} > token`);
  const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} };
  const path = `/api/v1/namespaces/${SYSTEM}/serviceaccounts/${USER}/token`;
  const { body } = await hub.api.request(path, { method: 'POST', body: request });
  await writeFile(join(home, 'token'), Token.parse(body).status.token, { mode: 0o600 });
  typed(`kubectl -n ${SYSTEM} get secret skerry-hub-tls -o jsonpath='{.data.ca\\.crt}' | base64 -d > ca.crt`);
  const { data } = Secret.parse(await hub.api.get(`/api/v1/namespaces/${SYSTEM}/secrets/skerry-hub-tls`));
  await writeFile(join(home, 'ca.crt'), Buffer.from(data['ca.crt'] ?? '', 'base64'));
  const url = `https://${hub.nodeAddress}:${HUB_NODE_PORT}`;
  const login = ['login', url, '--token-file', 'token', '--ca', 'ca.crt', '--project', PROJECT];
  await skerry({ hub, home, ...demo }, login);
}

async function configure(demo: FleetDemo): Promise<void> {
  say('SAY WHAT A CLUSTER SHOULD BE: a project, and a profile made of packs');
  await skerry(demo, ['project', 'create', PROJECT]);
  await skerry(demo, ['pack', 'list']);
  const text = stringify(PROFILE);
  await writeFile(join(demo.home, 'base-1.0.0.yaml'), text);
  typed('cat base-1.0.0.yaml');
  write(text);
  await skerry(demo, ['profile', 'create', '-f', 'base-1.0.0.yaml']);
  await skerry(demo, ['cluster', 'create', 'edge-1', '--profile', 'base@1.0.0']);
}

async function enroll(demo: FleetDemo): Promise<void> {
  say('LET THE SECOND ISLAND IN: what is printed here is applied there, and its key is accepted here');
  await skerry(demo, ['cluster', 'enroll', 'edge-1', '--file', 'edge-1.yaml']);
  typed('kubectl apply -f edge-1.yaml', 'edge-1');
  for (const object of parseManifests(
    await readFile(join(demo.home, 'edge-1.yaml'), 'utf8'),
    'edge-1.yaml',
  )) {
    demo.signal.throwIfAborted();
    await demo.edge.api.apply(object);
    write(`${object.kind} ${object.metadata.name}`);
  }
  await skerry(demo, ['cluster', 'wait', 'edge-1', '--for', 'asking', '--timeout', '120']);
  await skerry(demo, ['cluster', 'accept', 'edge-1', '--yes']);
  await skerry(demo, ['cluster', 'wait', 'edge-1', '--timeout', '300']);
  await skerry(demo, ['cluster', 'show', 'edge-1']);
}

async function drift(demo: FleetDemo): Promise<void> {
  const { edge, signal } = demo;
  say('SOMEBODY CHANGES THE SECOND ISLAND BY HAND');
  const before = await replicas(edge);
  typed('kubectl -n podinfo scale deployment podinfo --replicas 5', 'edge-1');
  const { status } = await edge.api.request(`${PODINFO}/scale?fieldManager=kubectl`, {
    method: 'PATCH',
    body: { spec: { replicas: 5 } },
    contentType: 'application/merge-patch+json',
  });
  if (status !== 200) throw failed('kubectl scale', `the API server answered ${status}`);
  const changed = performance.now();
  await until('podinfo is put back', async () => {
    signal.throwIfAborted();
    return (await replicas(edge)) === before || undefined;
  });
  write(`podinfo has ${before} replicas again, ${((performance.now() - changed) / 1000).toFixed(1)} s later`);
  await until('the hub knows of the drift', async () => {
    signal.throwIfAborted();
    const { stdout } = await run(demo, ['cluster', 'drift', 'edge-1', '--output', 'json']);
    return Drift.parse(JSON.parse(stdout)).top.some(({ state }) => state === 'corrected') || undefined;
  });
  await skerry(demo, ['cluster', 'drift', 'edge-1']);
  await skerry(demo, ['fleet', 'status']);
}

async function replicas({ api }: Cluster): Promise<number> {
  return Scale.parse(await api.get(`${PODINFO}/scale`)).spec.replicas;
}

/** Runs a command of the stick's program on the hub's workstation, shown as it is typed with all that it prints. */
async function skerry(demo: FleetDemo, args: readonly string[]): Promise<void> {
  typed(['skerry', ...args].join(' '));
  const { all } = await run(demo, args);
  write(all);
}

async function run({ hub, program, home, signal }: FleetDemo, args: readonly string[]) {
  // The login is kept apart from one that the user of the demo may have.
  const env = { KUBECONFIG: hub.kubeconfig, XDG_CONFIG_HOME: home, CI: 'true' };
  const result = await hub.workstation.exec(program, args, { cwd: home, env, signal });
  signal.throwIfAborted();
  if (result.failed) throw failed(['skerry', ...args].join(' '), `\n${result.all}`);
  return result;
}

function failed(subject: string, detail: string) {
  return installerError('INTERNAL', { subject, detail });
}

function typed(line: string, where = 'hub'): void {
  process.stdout.write(`\n  ${where}$ ${line}\n`);
}

function write(text: string): void {
  process.stdout.write(text.replace(/\n+$/, '').replace(/^/gm, '  ').concat('\n'));
}

function say(headline: string): void {
  process.stdout.write(`\n${headline}\n`);
}
