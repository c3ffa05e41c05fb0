import assert from 'node:assert/strict';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { execa } from 'execa';
import { parse, parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { at, listAt, textAt } from '../apply/json.ts';
import { readPack } from '../bundle/charts/pack.ts';
import { CONSOLE_KEY } from '../platform/infra/provider/vsphere/machine-content.ts';
import { helmProgram } from '../test/charts/helm-program.ts';

const PACKS = join(import.meta.dirname, 'packs');
let helm: string;
before(async () => {
  helm = await helmProgram();
});

const KubeObject = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), namespace: z.string().optional() }),
});
type KubeObject = z.infer<typeof KubeObject>;

async function render(pack: string, values: object = {}): Promise<KubeObject[]> {
  const args = ['template', 'x', join(PACKS, pack, 'chart'), '--namespace', 'clusters-team', '--values', '-'];
  const { stdout } = await execa(helm, args, { input: JSON.stringify(values) });
  return parseAllDocuments(stdout).flatMap((document) => {
    const object: unknown = document.toJS();
    return object === null ? [] : [KubeObject.parse(object)];
  });
}

function one(objects: readonly KubeObject[], kind: string, name?: string): KubeObject {
  const found = objects.filter(
    (object) => object.kind === kind && (name ?? object.metadata.name) === object.metadata.name,
  );
  assert.equal(found.length, 1, `${kind} ${name}`);
  const [object] = found;
  assert.ok(object !== undefined);
  return object;
}

function secretText(object: KubeObject, key: string): string {
  return Buffer.from(textAt(object, 'data', key) ?? '', 'base64').toString();
}

/** What a script of machine-defaults writes for containerd. */
function hostsIn(script: string): string {
  const texts = [...script.matchAll(/printf %s '([A-Za-z0-9+/=]*)'/g)].map(([, text = '']) =>
    Buffer.from(text, 'base64').toString(),
  );
  return texts.find((text) => text.startsWith('server = ')) ?? '';
}

describe('what packs of gateways render', () => {
  for (const pack of [
    'cloud-account',
    'machine-defaults',
    'machine-cluster',
    'eks-cluster',
    'registry-cache',
  ]) {
    test(`${pack}: helm finds nothing wrong, and an unknown value is refused`, async () => {
      const { stdout } = await execa(helm, ['lint', '--strict', join(PACKS, pack, 'chart')]);
      assert.match(stdout, /1 chart\(s\) linted, 0 chart\(s\) failed/);
      assert.doesNotMatch(stdout, /WARNING|ERROR/);
      await assert.rejects(
        render(pack, { nosuchvalue: 1 }),
        /additional properties 'nosuchvalue' not allowed/,
      );
    });
  }

  // An agent gets its rights from what packs render to when a bundle is made: by default, and with each preset.
  test('whatever kinds a hub can make of a pack, its defaults and presets have them', async () => {
    const role = { region: 'x', roleArn: 'arn:aws:iam::111122223333:role/x', externalId: 'x' };
    const pools = [{ name: 'x', ranges: ['10.0.0.0/24'], prefix: 24 }];
    const whole: Record<string, object> = {
      infra: { pools },
      'cloud-account': { type: 'aws', settings: role, namespaces: ['x'], credentials: { accessKeyId: 'x' } },
      'machine-defaults': { nodes: { sshKeys: ['x'], ntp: ['x'], registry: { endpoint: 'https://x' } } },
      'registry-cache': { storageClass: 'x', certificate: { cert: 'x', key: 'x' } },
      'machine-cluster': { enrollment: { token: 'x' }, endpoint: { host: '10.0.0.9' } },
      'eks-cluster': { enrollment: { token: 'x' } },
    };
    for (const [pack, values] of Object.entries(whole)) {
      const { presets } = await readPack(join(PACKS, pack));
      const offered = await Promise.all(
        [{}, ...presets.map((preset) => preset.values)].map((one) => render(pack, one)),
      );
      const known = new Set(offered.flat().map(({ kind }) => kind));
      // Secrets are every agent's own.
      const kinds = (await render(pack, values)).map(({ kind }) => kind).filter((kind) => kind !== 'Secret');
      assert.deepEqual(
        kinds.filter((kind) => !known.has(kind)),
        [],
        pack,
      );
    }
  });

  test('an account has its credentials in a Secret that no Secret of a cluster can be', async () => {
    const origin = { project: 'team', name: 'shop-ca' };
    const credentials = { password: 'hunter2 {{ .Values.origin }}' };
    const objects = await render('cloud-account', { origin, type: 'vsphere', credentials });
    const account = one(objects, 'SkerryAccount', 'shop-ca');
    assert.deepEqual(at(account, 'spec', 'credentials'), { name: 'account.shop-ca' });
    assert.equal(secretText(one(objects, 'Secret', 'account.shop-ca'), 'password'), credentials.password);
  });

  test('what prepares a machine is a shell script in which values do nothing but stand', async () => {
    const nodes = {
      proxy: { http: 'http://proxy:3128', none: ['10.0.0.0/8'] },
      ntp: ['10.0.0.2'],
      registry: {
        endpoint: 'https://10.0.0.5:5000',
        ca: '-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n',
        credentials: { username: "u'; reboot; '", password: '$(reboot)' },
      },
      ca: '-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n',
      sshKeys: ['ssh-ed25519 AAAA me@site'],
    };
    const [secret] = await render('machine-defaults', { nodes });
    assert.ok(secret !== undefined);
    const script = secretText(secret, 'prepare.sh');
    await execa('sh', ['-n'], { input: script });
    assert.doesNotMatch(script, /reboot/);
    const texts = [...script.matchAll(/printf %s '([A-Za-z0-9+/=]*)'/g)].map(([, text = '']) =>
      Buffer.from(text, 'base64').toString(),
    );
    const hosts = texts.find((text) => text.startsWith('server = '));
    assert.match(
      hosts ?? '',
      /\[host\."https:\/\/10\.0\.0\.5:5000"\]\n {2}capabilities = \["pull", "resolve"\]/,
    );
    const near = { endpoint: 'http://10.0.0.6:31998', ca: 'AA==' };
    const [cached] = await render('machine-defaults', {
      nodes: { registry: { ...nodes.registry, cache: near } },
    });
    const both = hostsIn(secretText(cached ?? secret, 'prepare.sh'));
    assert.deepEqual(both.match(/(?<=^\[host\.").*(?="\]$)/gm), [near.endpoint, nodes.registry.endpoint]);
    assert.equal(both.match(/^ {4}authorization = "Basic /gm)?.length, 2);
    assert.match(both, /dial_timeout = "3s"\n {2}ca = "\/etc\/containerd\/certs\.d\/skerry-cache-ca\.crt"/);
    assert.ok(texts.includes('[Time]\nNTP=10.0.0.2\n'));
    const console = texts.find((text) => text.includes('vmware-rpctool')) ?? '';
    await execa('sh', ['-n'], { input: console });
    assert.ok(console.includes(`\nkey=${CONSOLE_KEY}\n`));
    await assert.rejects(render('machine-defaults', { nodes: { ntp: ["a' ; reboot"] } }), /pattern/);
    await assert.rejects(render('machine-defaults', { nodes: { sshKeys: ["k' ; reboot"] } }), /pattern/);
  });

  test('a cluster is what Cluster API takes, and cloud-init’s braces reach the machine', async () => {
    const objects = await render('machine-cluster');
    const kinds = objects.map(({ apiVersion, kind }) => `${apiVersion} ${kind}`).sort();
    assert.deepEqual(kinds, [
      'bootstrap.cluster.x-k8s.io/v1beta2 KubeadmConfigTemplate',
      'cluster.x-k8s.io/v1beta2 Cluster',
      'cluster.x-k8s.io/v1beta2 MachineDeployment',
      'cluster.x-k8s.io/v1beta2 MachineHealthCheck',
      'cluster.x-k8s.io/v1beta2 MachineHealthCheck',
      'controlplane.cluster.x-k8s.io/v1beta2 KubeadmControlPlane',
      'infrastructure.skerry.dev/v1alpha1 SkerryCluster',
      'infrastructure.skerry.dev/v1alpha1 SkerryMachineTemplate',
      'infrastructure.skerry.dev/v1alpha1 SkerryMachineTemplate',
    ]);
    const config = at(one(objects, 'KubeadmControlPlane'), 'spec', 'kubeadmConfigSpec');
    for (const how of ['initConfiguration', 'joinConfiguration']) {
      const registration = at(config, how, 'nodeRegistration');
      assert.equal(textAt(registration, 'name'), '{{ local_hostname }}');
      assert.deepEqual(listAt(registration, 'kubeletExtraArgs'), [
        { name: 'provider-id', value: 'skerry://{{ v1.instance_id }}' },
      ]);
    }
    // cloud-init reads all of it as a template: nothing else may look like one.
    const rest = JSON.stringify(config)
      .replaceAll('{{ local_hostname }}', '')
      .replaceAll('{{ v1.instance_id }}', '');
    assert.doesNotMatch(rest, /\{\{|\{%|\{#/);
    for (const file of listAt(config, 'files')) {
      const [path = '', content = ''] = [textAt(file, 'path'), textAt(file, 'content')];
      if (path.endsWith('.sh') && content !== '') await execa('sh', ['-n'], { input: content });
      if (path.endsWith('.yaml')) assert.equal(textAt(parse(content), 'kind'), 'Pod');
    }
  });

  for (const pack of ['machine-cluster', 'eks-cluster']) {
    test(`${pack}: the new agent gets its token and rights, and what the gateway tells stays until the cluster has gone`, async () => {
      const rules = [{ apiGroups: ['apps'], resources: ['deployments'], verbs: ['*'] }];
      const objects = await render(pack, { enrollment: { token: 'once', rules } });
      const secret = one(objects, 'Secret', 'example.enrollment');
      assert.equal(secretText(secret, 'token'), 'once');
      assert.deepEqual(JSON.parse(secretText(secret, 'rules')), rules);
      const cluster = one(objects, 'SkerryCluster');
      assert.equal(textAt(cluster, 'spec', 'enrollment', 'name'), 'example.enrollment');
      assert.equal(textAt(cluster, 'metadata', 'annotations', 'helm.sh/resource-policy'), 'keep');
    });
  }

  test('the control plane’s address is read from what kubeadm gets, and held by VRRP', async () => {
    const objects = await render('machine-cluster');
    const files = listAt(at(one(objects, 'KubeadmControlPlane'), 'spec', 'kubeadmConfigSpec'), 'files');
    const script =
      textAt(
        files.find((file) => textAt(file, 'path') === '/etc/skerry/endpoint.sh'),
        'content',
      ) ?? '';
    // One whose own API server does not answer has it only where no other's does.
    assert.match(script, /script "\/usr\/bin\/curl .* https:\/\/127\.0\.0\.1:6443\/livez"\n/);
    assert.match(script, /\n {2}track_script \{\n {4}api-server\n {2}\}\n/);
    const line = script.split('\n').find((text) => text.startsWith('endpoint=')) ?? '';
    const read = async (yaml: string) => {
      const command = `${line.replace('/run/kubeadm/*.yaml', '')}; echo "$endpoint"; echo "\${endpoint%:*}"`;
      return (await execa('sh', ['-c', command], { input: yaml })).stdout.split('\n');
    };
    assert.deepEqual(await read('kind: x\ncontrolPlaneEndpoint: 10.0.0.9:6443\n'), [
      '10.0.0.9:6443',
      '10.0.0.9',
    ]);
    assert.deepEqual(await read('  bootstrapToken:\n    apiServerEndpoint: "10.0.0.9:6443"\n'), [
      '10.0.0.9:6443',
      '10.0.0.9',
    ]);
    assert.equal((await read('controlPlaneEndpoint: "[fd00::9]:6443"\n'))[1], 'fd00::9');
    const pathsWith = async (endpoint: object) => {
      const found = await render('machine-cluster', { endpoint });
      const spec = at(one(found, 'KubeadmControlPlane'), 'spec', 'kubeadmConfigSpec');
      return listAt(spec, 'files').map((file) => textAt(file, 'path'));
    };
    assert.ok((await pathsWith({ host: '10.0.0.9', pool: '' })).includes('/etc/skerry/keepalived.yaml'));
    assert.ok(
      !(await pathsWith({ host: '10.0.0.9', loadBalancer: true })).includes('/etc/skerry/keepalived.yaml'),
    );
    assert.ok(!(await pathsWith({ host: 'api.site' })).includes('/etc/skerry/keepalived.yaml'));
  });

  test('only what a machine is made of makes another template, and a pool’s placement lies over the cluster’s', async () => {
    const pool = { name: 'workers', replicas: 2, machine: { cpus: 2, placement: { network: 'b' } } };
    const base = { placement: { datacenter: 'dc', network: 'a' }, pools: [pool] };
    const templateOf = (objects: KubeObject[]) =>
      objects.filter(
        ({ kind, metadata }) =>
          kind === 'SkerryMachineTemplate' && metadata.name.startsWith('example-workers-'),
      )[0];
    const before = templateOf(await render('machine-cluster', base));
    assert.deepEqual(at(before, 'spec', 'template', 'spec'), {
      cpus: 2,
      placement: { datacenter: 'dc', network: 'b' },
    });
    const same = templateOf(await render('machine-cluster', { ...base, pools: [{ ...pool, replicas: 5 }] }));
    assert.equal(same?.metadata.name, before?.metadata.name);
    const machine = { ...pool.machine, cpus: 4 };
    const other = templateOf(await render('machine-cluster', { ...base, pools: [{ ...pool, machine }] }));
    assert.notEqual(other?.metadata.name, before?.metadata.name);
    assert.equal(textAt(before, 'metadata', 'annotations', 'helm.sh/resource-policy'), 'keep');
  });

  const limits: [health: object, replicas: number, limit: number][] = [
    [{}, 1, 1],
    [{}, 10, 4],
    [{ maxUnhealthy: '2' }, 10, 2],
    [{ maxUnhealthy: '50%' }, 5, 2],
    [{ replace: false }, 10, 0],
  ];
  for (const [health, replicas, limit] of limits) {
    test(`of ${replicas} machines with ${JSON.stringify(health)} at most ${limit} are replaced at once`, async () => {
      const pools = [{ name: 'workers', replicas, health }];
      const check = one(await render('machine-cluster', { pools }), 'MachineHealthCheck', 'example-workers');
      assert.equal(at(check, 'spec', 'remediation', 'triggerIf', 'unhealthyLessThanOrEqualTo'), limit);
      assert.equal(at(check, 'spec', 'checks', 'nodeStartupTimeoutSeconds'), 1200);
      const conditions = listAt(check, 'spec', 'checks', 'unhealthyNodeConditions');
      assert.deepEqual(
        conditions.map((condition) => [textAt(condition, 'status'), at(condition, 'timeoutSeconds')]),
        [
          ['Unknown', 300],
          ['False', 300],
        ],
      );
      assert.equal(
        textAt(check, 'metadata', 'annotations', 'infrastructure.skerry.dev/replacements-per-day'),
        '3',
      );
    });
  }

  test('a version of Kubernetes that the pack has no images for is refused', async () => {
    await assert.rejects(
      render('machine-cluster', { kubernetes: 'v1.99.0' }),
      /there is no release v1\.99\.0/,
    );
  });
});
