import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { z } from 'zod';
import { indexOfPlan, writeBundle } from '../../bundle/file/write.ts';
import { planCopy } from '../../content/copy/copy-plan.ts';
import { MemoryStore } from '../../content/stores/memory.ts';
import { PROVIDERS_FOLDER, placeProviders } from '../../installer/stick/provider-files.ts';
import { imageArchitecture } from '../../manifests/images/build-inputs.ts';
import { PROVIDER_REPOSITORY, putProvider } from '../../manifests/provider/provider-artifact.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { bundleCode } from '../../scripts/bundle-code.ts';
import { makeExecutable } from '../../scripts/executable/executable.ts';
import { ensurePrograms, programCache } from '../cluster/builds/programs.ts';
import { createAuthority, issue } from '../cluster/certificate.ts';
import { ensureHost } from '../cluster/host.ts';
import { attemptsBetween, islandCounters } from '../cluster/network/island.ts';
import { until } from '../fleet/until.ts';
import { type HubSite, type SiteHub, startHubSite } from '../hub/hub-site.ts';
import { providerMirror, type Said, saidBy, Tofu } from '../provider/tofu.ts';

const EXAMPLES = join(import.meta.dirname, '../../platform/provider/examples');
const HEAD = `terraform {
  required_providers {
    skerry = { source = "skerry.dev/skerry/skerry" }
  }
}
`;
/** The answer to a request on the same machine takes less. */
const HEARD_MS = 2_000;
const State = z.looseObject({
  resources: z.array(
    z.looseObject({
      type: z.string(),
      name: z.string(),
      mode: z.string(),
      instances: z.array(z.looseObject({ attributes: z.record(z.string(), z.unknown()) })),
    }),
  ),
});

const cache = programCache(process.env);

describe('the provider with OpenTofu, a real hub and a real API server', { timeout: 1_800_000 }, () => {
  let site: HubSite;
  let hub: SiteHub;
  let folder: string;
  let skerry: string;
  let programs: { readonly tofu: string };
  let admin: string;
  let count = 0;
  const mirror: Record<string, string> = {};

  before(async () => {
    await ensureHost({ install: true });
    programs = await ensurePrograms(['tofu'], { cache });
    folder = await mkdtemp(join(tmpdir(), 'skerry-tofu-'));
    skerry = join(folder, 'skerry');
    await bundleCode(join(folder, 'code'));
    await makeExecutable(join(folder, 'code'), skerry);
    Object.assign(mirror, await providerMirror(folder, skerry));
    site = await startHubSite('tofu');
    admin = await site.user('terraform', 'skerry-admin');
    hub = await site.startHub();
  });
  after(async () => {
    await hub?.stop();
    await site?.stop();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  /** OpenTofu in a folder of its own, initialised for this configuration. */
  async function tofu(
    configuration: string,
    { token = admin, program = programs.tofu }: { token?: string; program?: string } = {},
  ): Promise<Tofu> {
    count += 1;
    const made = new Tofu({ program, folder: join(folder, `work-${count}`), env: await environment(token) });
    await made.configure(HEAD + configuration);
    const said = await made.run('init', '-input=false');
    assert.equal(said.exitCode, 0, said.output);
    return made;
  }

  async function environment(token = admin): Promise<Record<string, string>> {
    return { ...mirror, SKERRY_HUB: hub.url, SKERRY_CA: await site.ca(), SKERRY_TOKEN: token };
  }

  test('is installed from the private registry, where no other network is', async () => {
    const work = join(folder, 'registry');
    const bundle = join(work, 'one.bundle.tar');
    await makeBundle(bundle);
    const host = site.cluster.workstation;
    const authority = await createAuthority('the site', new Date());
    const { certificate, key } = await issue(
      authority,
      { user: 'registry', hosts: [host.address] },
      new Date(),
    );
    const [ca, cert, keyFile] = [join(work, 'ca.crt'), join(work, 'tls.crt'), join(work, 'tls.key')];
    await writeFile(ca, authority.certificate);
    await writeFile(cert, certificate);
    await writeFile(keyFile, key, { mode: 0o600 });
    const before = await islandCounters(site.cluster);
    const ended = new AbortController();
    const listen = `${host.address}:5443`;
    const serving = host.exec(
      skerry,
      [
        'registry',
        'serve',
        '--bundle',
        bundle,
        '--listen',
        listen,
        '--tls-cert',
        cert,
        '--tls-key',
        keyFile,
        '--quiet',
      ],
      { signal: ended.signal },
    );
    try {
      const config = `provider_installation {
  oci_mirror {
    repository_template = "${listen}/\${hostname}/\${namespace}/\${type}"
    include             = ["skerry.dev/*/*"]
  }
}
`;
      await writeFile(join(work, 'tofurc'), config);
      await writeFile(join(work, 'main.tf'), HEAD);
      const env = { TF_CLI_CONFIG_FILE: join(work, 'tofurc'), SSL_CERT_FILE: ca, CHECKPOINT_DISABLE: '1' };
      const init = async () => await host.exec(programs.tofu, ['init', '-no-color'], { cwd: work, env });
      const said = await until('the registry serves', async () => {
        const done = await init();
        return /connection refused/.test(String(done.all)) ? undefined : done;
      });
      assert.equal(said.exitCode, 0, said.all);
      const lock = await readFile(join(work, '.terraform.lock.hcl'), 'utf8');
      assert.match(lock, /"h1:/);
      assert.match(lock, /"zh:/);
      const schema = await host.exec(programs.tofu, ['providers', 'schema', '-json'], { cwd: work, env });
      assert.match(schema.stdout, /skerry_cluster_profile/);
      assert.equal(attemptsBetween(before, await islandCounters(site.cluster)), 0);
    } finally {
      ended.abort();
      await serving.catch(() => undefined);
    }
  });

  test('is installed from the hub by the protocol of network mirrors', async () => {
    await putBuilt(site.store);
    const work = join(folder, 'network');
    await mkdir(work);
    const ca = join(work, 'ca.crt');
    await writeFile(ca, await site.ca());
    await initialises(work, `network_mirror {\n    url = "${hub.url}/terraform/providers/"\n  }`, {
      SSL_CERT_FILE: ca,
    });
  });

  test('is installed from the folder of a stick', async () => {
    const work = join(folder, 'stick');
    const bundle = join(work, 'one.bundle.tar');
    const contents = await makeBundle(bundle);
    await placeProviders(work, bundle, { contents }, {});
    await initialises(work, `filesystem_mirror {\n    path = "${join(work, PROVIDERS_FOLDER)}"\n  }`);
  });

  async function initialises(work: string, method: string, env: Readonly<Record<string, string>> = {}) {
    await writeFile(join(work, 'tofurc'), `provider_installation {\n  ${method}\n}\n`);
    const made = new Tofu({
      program: programs.tofu,
      folder: work,
      env: { ...env, TF_CLI_CONFIG_FILE: join(work, 'tofurc') },
    });
    await made.configure(HEAD);
    succeeded(await made.run('init', '-no-color'));
    succeeded(await made.run('validate'));
  }

  async function putBuilt(store: MemoryStore): Promise<void> {
    const { version } = packageJson;
    await putProvider(store, { program: skerry, version, architecture: imageArchitecture(process.arch) });
  }

  /** A bundle with the provider in it; gives what it names. */
  async function makeBundle(path: string) {
    const store = new MemoryStore();
    await mkdir(dirname(path), { recursive: true });
    await putBuilt(store);
    const plan = await planCopy(store, [{ repository: PROVIDER_REPOSITORY, reference: packageJson.version }]);
    await writeBundle(path, indexOfPlan(plan), plan, store);
    return [...indexOfPlan(plan)];
  }

  test('makes every example, has nothing to change then, changes, imports and deletes all of them', async () => {
    const examples = await exampleText('resources', (name) => name !== 'skerry_cluster_completion.tf');
    const work = await tofu(examples + (await exampleText('sources')));
    succeeded(await work.run('validate'));
    const first = await work.plan();
    assert.deepEqual(first.problems, []);
    assert.equal(first.exitCode, 2, 'there is something to do');
    succeeded(await work.apply());
    assert.equal((await work.plan()).exitCode, 0, (await work.plan()).output);

    await work.configure(HEAD + changed(examples));
    succeeded(await work.apply());
    const after = await work.plan();
    assert.equal(after.exitCode, 0, after.output);
    const cluster = await site.client.get(reference('Cluster', 'shop-1'));
    assert.deepEqual(cluster?.metadata.labels, { site: 'south' });
    assert.ok(await site.client.get(reference('ClusterProfile', 'edge-1.1.0')));
    assert.equal(await site.client.get(reference('ClusterProfile', 'edge-1.0.0')), undefined);

    const { resources } = State.parse(JSON.parse(await work.state()));
    const imported = resources.filter(({ mode, type }) => mode === 'managed' && !/token/.test(type));
    assert.equal(imported.length, 9);
    const addresses = imported.map(({ type, name }) => `${type}.${name}`);
    succeeded(await work.run('state', 'rm', ...addresses));
    const blocks = imported.map(({ type, name, instances }) => {
      return `import {\n  to = ${type}.${name}\n  id = "${instances[0]?.attributes.id}"\n}\n`;
    });
    await work.configure(HEAD + changed(examples) + blocks.join(''));
    const importing = await work.apply();
    succeeded(importing);
    assert.equal(importing.changes, '0 to add, 0 to change, 0 to destroy', importing.output);
    const again = await work.plan();
    assert.equal(again.exitCode, 0, again.output);

    succeeded(await work.destroy());
    for (const [kind, name] of [
      ['Cluster', 'shop-1'],
      ['Gateway', 'site'],
      ['CloudAccount', 'datacentre'],
    ] as const)
      assert.equal(await site.client.get(reference(kind, name)), undefined, kind);
    const north = await site.client.get({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'north' } });
    assert.equal(north, undefined);
  });

  test('plans what is not known yet, and makes it once it is', async () => {
    await project('unknown');
    const work = await tofu(`
provider "skerry" { project = "unknown" }
resource "terraform_data" "later" { input = { name = "later", digest = "${site.digests.get('podinfo:1.0.0')}", replicas = 2 } }
resource "skerry_cluster_profile" "later" {
  name    = terraform_data.later.output.name
  version = "1.0.0"
  packs = [
    { name = "podinfo", version = "1.0.0", digest = terraform_data.later.output.digest, values = yamlencode({ replicas = terraform_data.later.output.replicas }) },
  ]
  variables = [{ name = "site", default = terraform_data.later.output.name }]
}
resource "skerry_cluster" "later" {
  name     = terraform_data.later.output.name
  profiles = [{ name = skerry_cluster_profile.later.name, version = "1.0.0" }]
}`);
    const planned = await work.plan();
    assert.equal(planned.changes, '3 to add, 0 to change, 0 to destroy', planned.output);
    succeeded(await work.apply());
    const again = await work.plan();
    assert.equal(again.exitCode, 0, again.output);
    succeeded(await work.destroy());
  });

  test('says what the hub refuses before anything is changed, at the line at fault', async () => {
    await project('refused');
    const work = await tofu(`
resource "skerry_cluster_profile" "edge" {
  project = "refused"
  name    = "edge"
  version = "1.0.0"
  packs = [
    { name = "podinfo", version = "1.0.0", digest = "${site.digests.get('podinfo:1.0.0')}" },
    { name = "coredns", version = "1.0.0", digest = "sha256:wrong" },
  ]
}
resource "skerry_alert_receiver" "mail" {
  project  = "refused"
  name     = "mail"
  severity = "loud"
}`);
    const { problems, output } = await work.plan();
    const lines = (await readFile(join(work.folder, 'main.tf'), 'utf8')).split('\n');
    const at = (part: string) => lines.findIndex((line) => line.includes(part)) + 1;
    assert.deepEqual(
      problems.map(({ line }) => line).sort(),
      [at('sha256:wrong'), at('"loud"')].sort(),
      output,
    );
    for (const { text } of problems) assert.match(text, /^FIELD_INVALID in /);
    const objects = await site.client.list({
      apiVersion: 'skerry.dev/v1alpha1',
      kind: 'ClusterProfile',
      namespace: 'refused',
    });
    assert.deepEqual(objects.items, []);
  });

  test('says who may not, who is nobody, and what is there already', async () => {
    await project('rights');
    const account = `
resource "skerry_cloud_account" "dc" {
  project     = "rights"
  name        = "dc"
  type        = "vsphere"
  credentials = { name = "dc" }
}`;
    const viewer = await site.user('looks', 'skerry-viewer');
    const denied = await (await tofu(account, { token: viewer })).plan();
    assert.match(textOf(denied), /ACCESS_DENIED/);
    const nobody = await (await tofu(account, { token: 'made-up' })).plan();
    assert.match(textOf(nobody), /UNAUTHENTICATED/);
    succeeded(await (await tofu(account)).apply());
    const second = await tofu(account);
    const taken = await second.plan();
    assert.match(textOf(taken), /OBJECT_EXISTS[\s\S]*Import it by its id/);
    succeeded(await second.run('import', '-input=false', 'skerry_cloud_account.dc', 'rights/dc'));
    const same = await second.plan();
    assert.equal(same.exitCode, 0, same.output);
    const full = await tofu(`
resource "skerry_cluster" "one" {
  project = "rights"
  name    = "one"
}
import {
  to = skerry_project.rights
  id = "rights"
}
resource "skerry_project" "rights" { name = "rights" }`);
    succeeded(await full.apply());
    const inUse = await full.run('destroy', '-json', '-auto-approve', '-target=skerry_project.rights');
    assert.match(textOf(inUse), /PROJECT_NOT_EMPTY/);
    // Nothing in the configuration says that the cluster is of this project.
    succeeded(await full.run('destroy', '-json', '-auto-approve', '-target=skerry_cluster.one'));
    succeeded(await full.destroy());
  });

  test('reads a state of another version of the provider', async () => {
    await project('old');
    const work = await tofu(`
resource "skerry_cluster" "one" {
  project = "old"
  name    = "one"
  paused  = true
}`);
    succeeded(await work.apply());
    const state = JSON.parse(await work.state());
    const [instance] = state.resources[0].instances;
    delete instance.attributes.kubeconfig;
    instance.attributes.wait_minutes = 20;
    state.serial += 1;
    await writeFile(join(work.folder, 'terraform.tfstate'), JSON.stringify(state));
    const again = await work.plan();
    assert.equal(again.exitCode, 0, again.output);
    succeeded(await work.destroy());
  });

  test('has tokens that are in no state and no plan', async () => {
    const newer = await ensurePrograms(['tofu-1.12'], { cache });
    await project('secret');
    const work = await tofu(
      `
resource "skerry_cluster" "one" {
  project = "secret"
  name    = "one"
}
ephemeral "skerry_registration_token" "one" {
  project = "secret"
  cluster = skerry_cluster.one.name
}
resource "terraform_data" "joined" {
  provisioner "local-exec" {
    command     = "printf %s $TOKEN > joined"
    environment = { TOKEN = ephemeral.skerry_registration_token.one.token }
  }
}`,
      { program: newer['tofu-1.12'] },
    );
    succeeded(await work.apply());
    const token = await readFile(join(work.folder, 'joined'), 'utf8');
    assert.ok(token.length > 20, 'it was there while it was used');
    const enrollments = await site.client.list({
      apiVersion: 'skerry.dev/v1alpha1',
      kind: 'Enrollment',
      namespace: 'secret',
    });
    assert.ok(enrollments.items.length > 0, 'one was made');
    const state = await work.state();
    assert.doesNotMatch(state, /manifest|"token"/);
    assert.ok(!state.includes(token));
    succeeded(await work.destroy());
  });

  test('marks what is secret, also where it has to be kept', async () => {
    await project('marked');
    const work = await tofu(`
resource "skerry_cluster" "one" {
  project = "marked"
  name    = "one"
}
resource "skerry_registration_token" "one" {
  project = "marked"
  cluster = skerry_cluster.one.name
}
output "token" { value = skerry_registration_token.one.token }`);
    const { problems } = await work.plan();
    assert.match(problems.map(({ text }) => text).join(), /sensitive/);
  });

  test('is interrupted while it waits: what was made is kept, and no provider stays', async () => {
    await project('stopped');
    const work = await tofu(waiting('stopped'));
    const child = work.start('apply', '-json', '-input=false', '-auto-approve');
    const ending = saidBy(child);
    await waitedFor('stopped');
    child.kill('SIGINT');
    const said = await ending;
    assert.match(textOf(said), /Interrupted/);
    assert.equal(said.exitCode, 1);
    assert.match(await work.state(), /"name": ?"late"/);
    assert.deepEqual(providers(), []);
  });

  test('leaves with a core that is killed', async () => {
    await project('killed');
    const work = await tofu(waiting('killed'));
    const child = work.start('apply', '-json', '-input=false', '-auto-approve');
    const ending = saidBy(child);
    await waitedFor('killed');
    assert.equal(providers().length, 1);
    child.kill('SIGKILL');
    await ending;
    await until('the provider has left', async () => (providers().length === 0 ? true : undefined));
  });

  test('waits until a cluster is complete, and tells how far it is', async () => {
    await project('complete');
    await hub.stop();
    // Without controllers: how the cluster fares is what this test says.
    hub = await site.startHub({ agents: false });
    const work = await tofu(waiting('complete'));
    const log = join(work.folder, 'log');
    const child = new Tofu({
      program: programs.tofu,
      folder: work.folder,
      env: { ...(await environment()), TF_LOG_PROVIDER: 'INFO', TF_LOG_PATH: log },
    });
    const ending = child.apply();
    await waitedFor('complete');
    const layers = ['ready', 'applying'].map((state, index) => ({
      ...{ name: `layer-${index}`, version: '1.0.0', digest: 'sha256:', state },
    }));
    await status('complete', { phase: 'Applying', layers });
    await until('progress is logged', async () =>
      (await readFile(log, 'utf8')).includes('1 of 2 layers ready; layer-1 is applying') ? true : undefined,
    );
    const mark = { number: 1, digest: 'sha256:', at: new Date().toISOString() };
    await status('complete', { phase: 'Ready', observedGeneration: 100, desired: mark, applied: mark });
    succeeded(await ending);
    const again = await work.plan();
    assert.equal(again.exitCode, 0, again.output);
    succeeded(await work.destroy());
    await hub.stop();
    hub = await site.startHub();
  });

  test('says that the hub is away, and goes on once it is back', async () => {
    await project('away');
    const work = await tofu(`
resource "skerry_cluster" "one" {
  project = "away"
  name    = "one"
}`);
    const port = Number(new URL(hub.url).port);
    await hub.stop();
    const away = await work.plan();
    assert.equal(away.exitCode, 1);
    assert.match(textOf(away), /HUB_UNREACHABLE/);
    hub = await site.startHub({ port });
    succeeded(await work.apply());
    succeeded(await work.destroy());
  });

  test('writes no token into a log or a state', async () => {
    const all = await Promise.all(
      Array.from({ length: count }, async (_, index) => {
        const work = join(folder, `work-${index + 1}`);
        const names = await readdir(work);
        const files = names.filter((name) => name.startsWith('terraform.tfstate') || name === 'log');
        return await Promise.all(files.map(async (name) => await readFile(join(work, name), 'utf8')));
      }),
    );
    for (const text of all.flat()) assert.ok(!text.includes(admin));
    assert.ok(!hub.log.join('').includes(admin));
  });

  async function project(name: string): Promise<void> {
    const labels = { 'skerry.dev/project': 'true' };
    await site.client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } });
  }

  async function status(project: string, status: object): Promise<void> {
    const path = `/apis/skerry.dev/v1alpha1/namespaces/${project}/clusters/late/status`;
    const contentType = 'application/merge-patch+json';
    const answer = await site.cluster.api.request(path, { method: 'PATCH', body: { status }, contentType });
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
  }

  /** Until the cluster is made, and a provider waits for its completion. */
  async function waitedFor(project: string): Promise<void> {
    const metadata = { namespace: project, name: 'late' };
    const late = { apiVersion: 'skerry.dev/v1alpha1', kind: 'Cluster', metadata };
    await until('the cluster is there', async () => await site.client.get(late));
    // OpenTofu writes its state now and then: it has to have heard of the cluster, or it could not keep it.
    await until('a provider waits', async () => (providers().length === 1 ? true : undefined));
    await setTimeout(HEARD_MS);
  }

  /** The processes of this test's provider. */
  function providers(): string[] {
    return execFileSync('sh', ['-c', `for p in /proc/[0-9]*; do readlink $p/exe; done 2>/dev/null || true`])
      .toString()
      .split('\n')
      .filter((path) => path === skerry);
  }
});

function waiting(project: string): string {
  return `
resource "skerry_cluster" "late" {
  project = "${project}"
  name    = "late"
}
resource "skerry_cluster_completion" "late" {
  project = "${project}"
  cluster = skerry_cluster.late.name
}`;
}

async function exampleText(kind: string, wanted: (name: string) => boolean = () => true): Promise<string> {
  const names = (await readdir(join(EXAMPLES, kind))).filter(wanted).sort();
  const texts = await Promise.all(
    names.map(async (name) => await readFile(join(EXAMPLES, kind, name), 'utf8')),
  );
  return texts.join('\n');
}

/** Each example with something else in it. */
function changed(examples: string): string {
  const changes: readonly (readonly [string, string])[] = [
    ['role = "operator"', 'role = "viewer"'],
    ['prefix  = "packs"', 'prefix  = "more/packs"'],
    ['version = "1.0.0"\n  variables', 'version = "1.1.0"\n  variables'],
    ['{ site = "north" }\n  profiles', '{ site = "south" }\n  profiles'],
    ['value = 3', 'value = 4'],
    ['"https://vcenter.example"', '"https://vcenter-2.example"'],
    ['max_concurrent = 5', 'max_concurrent = 7'],
    ['batch        = 2', 'batch        = 3'],
    ['severity = "critical"', 'severity = "warning"'],
  ];
  return changes.reduce((text, [from, to]) => {
    assert.ok(text.includes(from), from);
    return text.replace(from, to);
  }, examples);
}

function reference(kind: string, name: string) {
  return { apiVersion: 'skerry.dev/v1alpha1', kind, metadata: { namespace: 'north', name } };
}

function succeeded(said: Said): void {
  assert.equal(said.exitCode, 0, said.output);
}

function textOf({ problems }: Said): string {
  return problems.map(({ text }) => text).join('\n');
}
