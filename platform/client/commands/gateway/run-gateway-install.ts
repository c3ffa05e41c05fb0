import type { Command } from 'commander';
import { z } from 'zod';
import type { KubeClient } from '../../../../apply/client/client.ts';
import { parseManifests } from '../../../../apply/manifest.ts';
import type { KubeObject } from '../../../../apply/object.ts';
import { AGENT_NAME, AGENT_NAMESPACE, REGISTRY_SERVICE } from '../../../desired/agent-names.ts';
import { platformError } from '../../../errors.ts';
import { backupSettingsObject } from '../../../infra/backup/backup-settings.ts';
import { isReady } from '../../cluster-state.ts';
import { requestPath } from '../../connection/request-path.ts';
import { accounts, clusters, type Gateway, gateways } from '../../kinds.ts';
import { narrow } from '../../narrow.ts';
import { contains } from '../../objects/contains.ts';
import { type FileObject, parseObjects, readText } from '../../objects/object-file.ts';
import { waitFor } from '../../objects/wait.ts';
import type { Terminal } from '../../output/terminal.ts';
import { inSession, type Session } from '../../session.ts';
import { progressOf } from '../cluster/cluster-view.ts';
import type { CopyContent, InstallFlags } from './gateway-install.ts';
import { type Check, clustersCheck, clustersHere, preflight, readFacts } from './gateway-preflight.ts';
import { connect, readPublicKey } from './run-gateway-backup.ts';

interface Install {
  readonly name: string;
  readonly flags: InstallFlags;
  readonly copy: CopyContent;
}

/** One part of the work. What is done already is not done again. */
interface Step {
  readonly step: 'content' | 'cluster' | 'objects' | 'agent' | 'backup' | 'connected' | 'accounts';
  readonly what: string;
  readonly isDone: boolean;
  readonly run: () => Promise<void>;
}

/** Throws GATEWAY_PREFLIGHT_FAILED before anything is changed, WAIT_TIMEOUT, and what hub and cluster throw. */
export async function runInstall(terminal: Terminal, install: Install, command: Command): Promise<void> {
  await inSession(terminal, command, async (session) => {
    const { name, flags } = install;
    const { output } = session;
    const client = await connect(flags, terminal);
    const there = await session.objects(gateways).find(name);
    const objects = withMove(await objectsOf(session, install), there);
    const checks = await checksOf(session, client, there?.status?.clusters ?? 0, flags);
    const steps = await stepsOf(session, client, install, objects);
    const plan = {
      gateway: name,
      cluster: flags.cluster ?? name,
      hub: session.url,
      at: client.server,
      checks,
      steps: steps.map(({ step, what, isDone }) => ({ step, what, state: isDone ? 'done' : 'to do' })),
    };
    if (flags.plan) session.print(plan, () => planText(checks, steps));
    const failed = checks.filter(({ ok }) => !ok);
    if (failed.length > 0) {
      const detail = failed.map(({ check, detail: found }) => `${check}: ${found}`).join('; ');
      throw platformError('GATEWAY_PREFLIGHT_FAILED', { subject: client.server, detail });
    }
    if (flags.plan) return;
    await session.confirm(
      `Cluster ${plan.cluster} at ${client.server} becomes the gateway ${name} of ${session.url}.`,
    );
    for (const { what, isDone, run } of steps) {
      if (output === 'text') session.say(`${isDone ? 'done ' : 'doing'}  ${what}`);
      if (!isDone) await run();
    }
    session.print(
      { ...plan, steps: plan.steps.map((one) => ({ ...one, state: 'done' })) },
      () => `gateway ${name} works`,
    );
  });
}

async function checksOf(
  { signal, terminal }: Session,
  client: KubeClient,
  made: number,
  flags: InstallFlags,
): Promise<Check[]> {
  const here = made === 0 ? 0 : await clustersHere(client, signal);
  const facts = await readFacts(client, terminal.now, signal);
  return [...preflight(facts), clustersCheck(made, here, flags.fresh === true)];
}

const Spec = z.looseObject({ cluster: z.string() });

/**
 * A gateway that goes to another cluster has what it made there already, or is to make it again: that was checked. The hub
 * holds its clusters back without this word.
 */
function withMove(objects: readonly FileObject[], there: Gateway | undefined): readonly FileObject[] {
  if (there === undefined || (there.status?.clusters ?? 0) === 0) return objects;
  const before = there.spec.cluster;
  return objects.map((object) => {
    const spec = Spec.safeParse(object.draft.spec).data;
    if (object.kind.kind !== 'Gateway' || spec === undefined || spec.cluster === before) return object;
    return { ...object, draft: { ...object.draft, spec: { ...spec, movedTo: spec.cluster } } };
  });
}

/** What the files ask for, with the Gateway itself, which need not be in them. */
async function objectsOf(session: Session, { name, flags }: Install): Promise<FileObject[]> {
  const found: FileObject[] = [];
  for (const path of flags.filename)
    found.push(...parseObjects(await readText(path, session.terminal.stdin), path));
  for (const { kind, project, draft } of found) {
    const isOther = kind.kind === 'Gateway' && draft.name !== name;
    if (isOther || (kind.kind !== 'Gateway' && kind.kind !== 'CloudAccount'))
      throw platformError('OBJECT_FILE_INVALID', {
        subject: `${kind.kind} ${draft.name}`,
        detail: `only the Gateway ${name} and CloudAccounts belong here`,
      });
    if (project !== undefined && project !== session.project())
      throw platformError('OBJECT_FILE_INVALID', {
        subject: `${kind.kind} ${draft.name}`,
        detail: `its namespace is ${project}, and the project is ${session.project()}`,
      });
  }
  if (found.some(({ kind }) => kind.kind === 'Gateway')) return found;
  const draft = { name, spec: { cluster: flags.cluster ?? name } };
  return [{ kind: gateways, project: undefined, draft }, ...found];
}

async function stepsOf(
  session: Session,
  client: KubeClient,
  install: Install,
  objects: readonly FileObject[],
): Promise<Step[]> {
  const { flags } = install;
  const cluster = flags.cluster ?? install.name;
  const [there, missing] = await Promise.all([
    session.objects(clusters).find(cluster),
    missingOf(session, objects),
  ]);
  const isConnected = there?.status?.conditions?.some(
    ({ type, status }) => type === 'Connected' && status === 'True',
  );
  const named = objects.filter(({ kind }) => kind.kind === 'CloudAccount').map(({ draft }) => draft.name);
  return [
    ...contentSteps(session, install),
    {
      step: 'cluster',
      what: `Cluster ${cluster} at the hub`,
      isDone: there !== undefined,
      run: async () => void (await session.objects(clusters).create({ name: cluster, spec: {} })),
    },
    {
      step: 'objects',
      what: objects.map(({ kind, draft }) => `${kind.kind} ${draft.name}`).join(', '),
      isDone: missing.length === 0,
      run: async () => await putObjects(session, missing),
    },
    {
      step: 'agent',
      what: `the agent and its rights in ${client.server}`,
      isDone: false,
      run: async () => await putAgent(session, client, cluster, isConnected === true),
    },
    ...backupSteps(session, client, install),
    {
      step: 'connected',
      what: `the layers of ${cluster} are applied`,
      isDone: false,
      run: async () => await awaitApplied(session, cluster, flags.timeout),
    },
    ...named.map(
      (account): Step => ({
        step: 'accounts',
        what: `account ${account} is verified`,
        isDone: false,
        run: async () => await awaitAccount(session, account, flags.timeout),
      }),
    ),
  ];
}

function contentSteps(session: Session, { flags, copy }: Install): Step[] {
  const { bundle, key: keyFile, registry, usernameFile, passwordFile } = flags;
  if (bundle.length === 0) return [];
  if (registry === undefined)
    throw platformError('GATEWAY_PREFLIGHT_FAILED', {
      subject: 'skerry gateway install',
      detail: '--bundle needs --registry, the registry that machines pull from',
    });
  return bundle.map((from) => ({
    step: 'content',
    what: `content of ${from} in ${registry}`,
    isDone: false,
    run: async () => {
      const { signal } = session;
      const onProgress = (text: string) => {
        if (session.output === 'text') session.say(`       ${text}`);
      };
      await copy({ from, to: registry, usernameFile, passwordFile, keyFile, signal, onProgress });
    },
  }));
}

function backupSteps(session: Session, client: KubeClient, { name, flags }: Install): Step[] {
  const { backupKey, backupRegistry: address, usernameFile, passwordFile } = flags;
  if (backupKey === undefined) return [];
  const { signal, terminal } = session;
  const run = async () => {
    const { kty = '', crv = '', x = '', ...key } = await readPublicKey(backupKey);
    const lineOf = async (path: string) => (await readText(path, terminal.stdin)).trim();
    const registry = {
      address,
      repository: `gateways/${session.project()}/${name}`,
      ...(usernameFile === undefined ? {} : { username: await lineOf(usernameFile) }),
      ...(passwordFile === undefined ? {} : { password: await lineOf(passwordFile) }),
    };
    await client.apply(backupSettingsObject(AGENT_NAMESPACE, { key: { ...key, kty, crv, x }, registry }), {
      signal,
    });
  };
  return [{ step: 'backup', what: `sealed backups in ${address}`, isDone: false, run }];
}

async function missingOf(session: Session, objects: readonly FileObject[]): Promise<FileObject[]> {
  const missing: FileObject[] = [];
  for (const object of objects) {
    const there = await session.objects(object.kind).find(object.draft.name);
    if (there === undefined || !contains(there, { spec: object.draft.spec })) missing.push(object);
  }
  return missing;
}

async function putObjects(session: Session, missing: readonly FileObject[]): Promise<void> {
  // The hub asks accounts for their gateway.
  for (const { kind, draft } of missing.toSorted((a, b) => (a.kind.kind > b.kind.kind ? -1 : 1))) {
    const objects = session.objects(kind);
    if ((await objects.find(draft.name)) === undefined) await objects.create(draft);
    else await objects.change(draft.name, () => ({ spec: draft.spec }));
  }
}

const SERVICE_LABEL = 'kubernetes.io/service-name';
const Enrollment = z.looseObject({ manifest: z.string() });

/** Where the agent is connected already, it is only given the rights that a gateway's layers need. */
async function putAgent(
  session: Session,
  client: KubeClient,
  cluster: string,
  isConnected: boolean,
): Promise<void> {
  const { signal } = session;
  const path = requestPath('/api/v1/projects/{project}/clusters/{name}/enrollments', {
    project: session.project(),
    name: cluster,
  });
  const body = { autoAccept: true };
  const answer = await session.hub.connection.send({ method: 'POST', path, body, signal });
  const { manifest } = narrow(Enrollment, answer.body, path);
  const own = await registryIsHere(client, signal);
  for (const object of parseManifests(manifest, path)) {
    if (own && isRegistryAddress(object)) {
      if (object.kind === 'EndpointSlice') await client.apply(ofNoService(object), { force: true, signal });
      continue;
    }
    if (isConnected && object.kind !== 'ClusterRole') continue;
    await client.apply(object, { force: isConnected, signal });
  }
}

/** Only tells where clusters that are made reach the registry. */
function ofNoService(slice: KubeObject): KubeObject {
  const { [SERVICE_LABEL]: _, ...labels } = slice.metadata.labels ?? {};
  return { ...slice, metadata: { ...slice.metadata, labels } };
}

// In the hub's own cluster the registry is no address that leads elsewhere, and must not become one.
async function registryIsHere(client: KubeClient, signal: AbortSignal): Promise<boolean> {
  const metadata = { name: REGISTRY_SERVICE, namespace: AGENT_NAMESPACE };
  const service = await client.get({ apiVersion: 'v1', kind: 'Service', metadata }, { signal });
  return service !== undefined && service.metadata.labels?.['app.kubernetes.io/name'] !== AGENT_NAME;
}

function isRegistryAddress({ kind, metadata: { name } }: KubeObject): boolean {
  return (kind === 'Service' && name === REGISTRY_SERVICE) || kind === 'EndpointSlice';
}

async function awaitApplied(session: Session, name: string, timeoutSeconds: number): Promise<void> {
  await waitFor({
    ...{ connection: session.hub.connection, signal: session.signal, name, timeoutSeconds },
    objects: session.objects(clusters),
    what: 'the layers of the gateway',
    isTrue: (cluster) => cluster !== undefined && isReady(cluster),
    describe: progressOf,
    onState: (state) => session.output === 'text' && session.say(`       ${state}`),
  });
}

async function awaitAccount(session: Session, name: string, timeoutSeconds: number): Promise<void> {
  await waitFor({
    ...{ connection: session.hub.connection, signal: session.signal, name, timeoutSeconds },
    objects: session.objects(accounts),
    what: 'the account to be verified by the gateway',
    isTrue: (account) => account?.status?.verified === true,
    describe: (account) => {
      const { lastError } = account?.status ?? {};
      return lastError === undefined ? 'not verified yet' : `${lastError.code}: ${lastError.detail}`;
    },
    onState: (state) => session.output === 'text' && session.say(`       ${state}`),
  });
}

function planText(checks: readonly Check[], steps: readonly Step[]): string {
  return [
    ...checks.map(({ check, ok, detail }) => `${ok ? 'ok   ' : 'wrong'}  ${check}: ${detail}`),
    ...steps.map(({ what, isDone }) => `${isDone ? 'done ' : 'to do'}  ${what}`),
  ].join('\n');
}
