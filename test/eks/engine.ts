import { createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';
import { z } from 'zod';
import { moduleFiles, providerSource } from '../../manifests/providers/module-files.ts';
import { programs as table } from '../cluster/builds/program.ts';
import { createAuthority, issue } from '../cluster/certificate.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { command } from '../cluster/processes/command.ts';
import { until } from '../fleet/until.ts';
import { type Aws, REGION } from './aws.ts';

const PACKS = join(import.meta.dirname, '../../manifests/packs');
const NAMESPACE = 'capa-system';
const SERVICE = 'capa-webhook-service';
const SERVICES = [
  'eks',
  'ec2',
  'sts',
  'elasticloadbalancing',
  'secretsmanager',
  'ssm',
  's3',
  'tagging',
  'autoscaling',
];

export interface EngineInput {
  readonly cluster: Cluster;
  readonly aws: Aws;
  readonly programs: Readonly<Record<'cluster-api-core' | 'cluster-api-aws' | 'helm', string>>;
  /** For files; outlives the engine. */
  readonly folder: string;
}

const Item = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string().optional(),
    annotations: z.record(z.string(), z.string()).optional(),
  }),
});
export type Item = z.infer<typeof Item>;

/** Cluster API and its provider for AWS: what the pack brings, with its controllers as processes on the node. */
export class Engine {
  readonly #input: EngineInput;
  readonly #running: { stop: AbortController; ended: Promise<unknown> }[] = [];
  #startProvider: () => void = () => undefined;

  private constructor(input: EngineInput) {
    this.#input = input;
  }

  static async start(input: EngineInput): Promise<Engine> {
    const engine = new Engine(input);
    const { cluster, aws } = input;
    for (const name of ['capi-system', NAMESPACE]) {
      await cluster.api.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    }
    const core = await moduleFiles('sigs.k8s.io/cluster-api', table['cluster-api-core'].version);
    for (const definition of (await providerSource(join(core, 'core'))).definitions) {
      await cluster.api.apply(coreDefinition(definition));
    }
    const pack = await engine.render('cluster-api-aws', NAMESPACE, {
      endpoint: aws.endpoint,
      serviceEndpoints: `${REGION}:${SERVICES.map((name) => `${name}=${aws.endpoint}`).join(',')}`,
      // What waits is looked at again soon.
      syncPeriod: '10s',
      extraArgs: ['--wait-infra-period=2s'],
    });
    await engine.#provider(pack);
    return engine;
  }

  /** What a pack's chart makes of values, definitions first. */
  async render(pack: string, namespace: string, values: object): Promise<Item[]> {
    const file = join(this.#input.folder, `values-${pack}.yaml`);
    await writeFile(file, stringify(values), { mode: 0o600 });
    const chart = join(PACKS, pack, 'chart');
    const args = ['template', pack, chart, '--namespace', namespace, '--include-crds', '--values', file];
    const text = await command(this.#input.programs.helm, args);
    const objects = parseAllDocuments(text).map((document): unknown => document.toJS());
    return objects.filter((object) => object !== null).map((object) => Item.parse(object));
  }

  /** Applies what a pack makes of values, without the kinds that belong to others. */
  async apply(pack: string, namespace: string, values: object): Promise<void> {
    for (const object of await this.render(pack, namespace, values)) {
      if (object.apiVersion.startsWith('infrastructure.skerry.dev/')) continue;
      await this.#input.cluster.api.apply(object);
    }
  }

  /** As the pack's Deployment does it when its value `credentials` is another: the provider keeps sessions for ever. */
  async restartProvider(): Promise<void> {
    const provider = this.#running.pop();
    provider?.stop.abort();
    await provider?.ended.catch(() => undefined);
    this.#startProvider();
  }

  async stop(): Promise<void> {
    for (const { stop } of this.#running) stop.abort();
    await Promise.allSettled(this.#running.map(({ ended }) => ended));
  }

  async #provider(pack: readonly Item[]): Promise<void> {
    const { cluster, programs, folder } = this.#input;
    const authority = await createAuthority('webhooks', new Date());
    const hosts = [`${SERVICE}.${NAMESPACE}.svc`];
    const pair = await issue(authority, { user: SERVICE, hosts }, new Date());
    const certificates = join(folder, 'certificates');
    await mkdir(certificates, { recursive: true });
    await writeFile(join(certificates, 'tls.crt'), pair.certificate);
    await writeFile(join(certificates, 'tls.key'), pair.key, { mode: 0o600 });
    for (const object of pack) {
      if (object.kind === 'Deployment') continue;
      if (object.kind === 'Service') await this.#service(object);
      else await cluster.api.apply(withAuthority(object, authority.certificate));
    }
    const user = `system:serviceaccount:${NAMESPACE}:capa-controller-manager`;
    const [manager] = pack.filter(({ kind }) => kind === 'Deployment').map(container);
    if (manager === undefined) throw new Error('the pack has no Deployment');
    // The core's own hooks are not asked, but its server wants certificates.
    this.#run('core', programs['cluster-api-core'], cluster.kubeconfig, {}, [
      '--feature-gates=MachinePool=true',
      '--webhook-port=9444',
      `--webhook-cert-dir=${certificates}`,
      '--health-addr=:9441',
      '--diagnostics-address=:8444',
    ]);
    // As the pack's own account: with the rights that the pack gives, and no others.
    const groups = ['system:serviceaccounts', `system:serviceaccounts:${NAMESPACE}`, 'system:authenticated'];
    const kubeconfig = await cluster.userKubeconfig(user, groups);
    this.#startProvider = () =>
      this.#run('capa', programs['cluster-api-aws'], kubeconfig, manager.env, [
        ...manager.args,
        `--webhook-cert-dir=${certificates}`,
        `--leader-elect-namespace=${NAMESPACE}`,
      ]);
    this.#startProvider();
    const identities = '/apis/infrastructure.cluster.x-k8s.io/v1beta2/awsclusterstaticidentities';
    const probe = {
      apiVersion: 'infrastructure.cluster.x-k8s.io/v1beta2',
      kind: 'AWSClusterStaticIdentity',
      metadata: { name: 'probe' },
      spec: { secretRef: 'probe', allowedNamespaces: {} },
    };
    await until(
      'the hooks of the provider answer',
      async () => {
        const { status } = await cluster.api.request(`${identities}?dryRun=All`, {
          method: 'POST',
          body: probe,
        });
        return status === 201 ? true : undefined;
      },
      { limitMs: 300_000 },
    );
  }

  #run(name: string, program: string, kubeconfig: string, env: Record<string, string>, args: string[]): void {
    const stop = new AbortController();
    const running = this.#input.cluster.execOnNode(program, args, {
      signal: stop.signal,
      env: { ...env, KUBECONFIG: kubeconfig },
    });
    running.all.pipe(createWriteStream(join(this.#input.folder, `${name}.log`), { flags: 'a' }));
    this.#running.push({ stop, ended: running });
  }

  /** The pack's Service, leading to the process in place of a pod. */
  async #service(object: Item): Promise<void> {
    const { api, nodeAddress } = this.#input.cluster;
    const ports = [{ name: 'https', port: 443, targetPort: 9443 }];
    await api.apply({ ...object, spec: { ports } });
    await api.apply({
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        name: SERVICE,
        namespace: NAMESPACE,
        labels: { 'kubernetes.io/service-name': SERVICE },
      },
      addressType: 'IPv4',
      endpoints: [{ addresses: [nodeAddress], conditions: { ready: true } }],
      ports: [{ name: 'https', port: 9443, protocol: 'TCP' }],
    });
  }
}

const Deployment = z.looseObject({
  spec: z.looseObject({
    template: z.looseObject({
      spec: z.looseObject({
        containers: z.array(
          z.looseObject({
            args: z.array(z.string()),
            env: z.array(z.looseObject({ name: z.string(), value: z.string() })),
          }),
        ),
      }),
    }),
  }),
});

function container(deployment: Item): { args: string[]; env: Record<string, string> } {
  const [first] = Deployment.parse(deployment).spec.template.spec.containers;
  return {
    args: first?.args ?? [],
    env: Object.fromEntries((first?.env ?? []).map(({ name, value }) => [name, value])),
  };
}

/** As the gateway would do it where an object asks for it. */
function withAuthority(object: Item, authority: string): object {
  if (object.metadata.annotations?.['infrastructure.skerry.dev/inject-ca'] === undefined) return object;
  const caBundle = Buffer.from(authority).toString('base64');
  return Item.parse(
    JSON.parse(JSON.stringify(object), (key, value) =>
      key === 'clientConfig' ? { ...z.looseObject({}).parse(value), caBundle } : value,
    ),
  );
}

/** Cluster API's kinds without their conversion: nothing here speaks their older versions. */
function coreDefinition(definition: unknown): object {
  const { metadata, ...rest } = Item.parse(definition);
  return { ...rest, metadata: { ...metadata, labels: { 'cluster.x-k8s.io/v1beta2': 'v1beta2' } } };
}
