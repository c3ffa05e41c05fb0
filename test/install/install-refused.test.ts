import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  copyFile,
  cp,
  link,
  mkdir,
  mkdtemp,
  open,
  readFile,
  rm,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { openBundle } from '../../bundle/file/bundle-store.ts';
import { indexOfPlan, writeBundle } from '../../bundle/file/write.ts';
import { generateKey, parsePublicKey, parseSigningKey } from '../../bundle/key.ts';
import { findRelease } from '../../bundle/locked-release.ts';
import { signManifest } from '../../bundle/signature.ts';
import { planCopy } from '../../content/copy/copy-plan.ts';
import { namesIn } from '../../content/layout/layout-index.ts';
import { MemoryStore } from '../../content/stores/memory.ts';
import { RoutedStore } from '../../content/stores/routed.ts';
import { clusterPrograms } from '../cluster/builds/program.ts';
import { ensurePrograms, programCache } from '../cluster/builds/programs.ts';
import { type Cluster, startCluster } from '../cluster/cluster.ts';
import { ensureHost } from '../cluster/host.ts';
import { fingerprint, untilQuiet } from './cluster-contents.ts';
import { type Failure, failing, type RunOptions, skerry } from './installer-run.ts';
import { ensureStick, type StickFixture } from './stick.ts';

let cluster: Cluster;
let stick: StickFixture;
let work: string;

before(async () => {
  await ensureHost({ install: true, groups: ['cluster', 'build'] });
  stick = await ensureStick();
  const programs = await ensurePrograms(clusterPrograms, { cache: programCache(process.env) });
  cluster = await startCluster({ name: 'refused', programs });
  work = await mkdtemp(join(tmpdir(), 'skerry-refused-'));
  await untilQuiet(cluster);
});

after(async () => {
  await cluster?.stop();
  if (work !== undefined) await rm(work, { recursive: true, force: true });
});

/** Runs an installation that must fail with the code, and leave the cluster as it was. */
async function refused(
  code: string,
  exitCode: number,
  args: readonly string[],
  options: RunOptions = {},
  where = cluster,
): Promise<Failure> {
  const before = await fingerprint(where);
  const failure = await failing(where, stick, ['install', ...args], options);
  assert.ok(failure.codes.includes(code), `${code} is reported:\n${failure.output}`);
  assert.equal(failure.exitCode, exitCode, failure.output);
  assert.deepEqual(await fingerprint(where), before, 'nothing changed in the cluster');
  return failure;
}

const trusted = () => ['--key', stick.publicKeyPath];

test('a stick that is not there, and a folder without a bundle', async () => {
  await refused('STICK_NOT_FOUND', 2, [join(work, 'nowhere'), ...trusted()]);
  await refused('STICK_NOT_FOUND', 2, [work, ...trusted()]);
});

test('a bundle that was cut off', async () => {
  const bundle = await copyOfBundle('cut.bundle.tar');
  await truncate(bundle, 50_000_000);
  await refused('BUNDLE_TRUNCATED', 3, [bundle, ...trusted()]);
});

test('one flipped byte, wherever it is', async () => {
  const bundle = await copyOfBundle('flipped.bundle.tar');
  const { size } = await stat(bundle);
  const found = new Set<string>();
  // In the front, in a header, in a small blob, in the middle of a layer, in the last padding.
  for (const offset of [700, 5000, 60_000, Math.floor(size / 2), size - 1]) {
    await flip(bundle, offset);
    const before = await fingerprint(cluster);
    const failure = await failing(cluster, stick, ['install', bundle, ...trusted()]);
    assert.notEqual(failure.exitCode, 0, `byte ${offset}`);
    assert.deepEqual(await fingerprint(cluster), before);
    for (const code of failure.codes) found.add(code);
    await flip(bundle, offset);
  }
  assert.ok(found.has('BUNDLE_DIGEST_MISMATCH') && found.has('BUNDLE_CORRUPT'), [...found].join());
});

test('a release that another key has signed, and one whose signature is forged', async () => {
  const other = generateKey();
  await writeFile(join(work, 'other.pub'), other.publicPem);
  await refused('SIGNATURE_WRONG_KEY', 3, [stick.folder, '--key', join(work, 'other.pub')]);
  await refused('SIGNATURE_INVALID', 3, [await forgedBundle(), ...trusted()]);
});

test('no word on which key to trust; the key on the stick counts only with the fingerprint from elsewhere', async () => {
  await refused('TRUST_KEY_REQUIRED', 2, [stick.folder]);
  await refused('SIGNATURE_WRONG_KEY', 3, [stick.folder, '--fingerprint', 'SHA256:AAAA']);
  const { fingerprint: right } = parsePublicKey(
    await readFile(stick.publicKeyPath, 'utf8'),
    stick.publicKeyPath,
  );
  await skerry(cluster, stick, ['install', stick.folder, '--fingerprint', right, '--dry-run']);
});

test('a helm on the stick that is not the one that was signed', async () => {
  const folder = join(work, 'other-helm');
  await mkdir(folder);
  await link(stick.bundle, join(folder, 'x.bundle.tar')).catch(() =>
    copyFile(stick.bundle, join(folder, 'x.bundle.tar')),
  );
  await refused('HOST_TOOL_MISSING', 2, [folder, ...trusted()]);
  await writeFile(join(folder, 'helm'), '#!/bin/sh\ntouch /tmp/should-never-run\n', { mode: 0o755 });
  await refused('HOST_TOOL_MISMATCH', 3, [folder, ...trusted()]);
});

test('a version of Kubernetes that the release does not run on', async () => {
  const folder = await stickOf({ kubernetes: '>=1.99' });
  const { output } = await refused('KUBERNETES_UNSUPPORTED', 4, [folder, ...trusted()]);
  assert.match(output, /v1\.34\.4/);
});

test('a user who may not do what is needed', async () => {
  const kubeconfig = await cluster.userKubeconfig('nobody');
  const { output } = await refused('PERMISSION_MISSING', 4, [stick.folder, ...trusted()], { kubeconfig });
  assert.match(output, /create[^;]*namespaces/);
});

test('a workstation whose disk is full', async () => {
  const folder = join(work, 'small');
  await mkdir(folder);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', folder]);
  try {
    const failure = await failing(cluster, stick, ['install', stick.folder, ...trusted()], {
      env: { TMPDIR: folder },
    });
    assert.deepEqual([failure.codes.at(-1), failure.exitCode], ['DISK_FULL', 1], failure.output);
    await refused('SPACE_MISSING', 4, [stick.folder, ...trusted(), '--helm', stick.helm], {
      env: { TMPDIR: folder },
    });
  } finally {
    execFileSync('umount', [folder]);
  }
});

test('a volume that is too small, and a storage class that does not exist', async () => {
  await refused('SPACE_MISSING', 4, [stick.folder, ...trusted(), '--storage-size', '50Mi']);
  await refused('STORAGE_CLASS_MISSING', 4, [stick.folder, ...trusted(), '--storage-class', 'none-such']);
});

test('a NodePort that another service has', async () => {
  const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'other', namespace: 'default' } };
  await cluster.api.apply({ ...service, spec: { type: 'NodePort', ports: [{ port: 80, nodePort: 31999 }] } });
  const { output } = await refused('ADDRESS_TAKEN', 4, [stick.folder, ...trusted()]);
  assert.match(output, /default\/other/);
  await cluster.api.remove('/api/v1/namespaces/default/services/other');
});

test('nodes that cannot reach the workstation; with the bundle served elsewhere they need not', async () => {
  const far = await cluster.addWorkstation({ name: 'far', reachable: false });
  const { output } = await refused('NODE_CANNOT_REACH_WORKSTATION', 4, [stick.folder, ...trusted()], {
    workstation: far,
  });
  assert.match(output, /skerry registry serve/);
  await refused(
    'REGISTRY_UNREACHABLE',
    1,
    [stick.folder, ...trusted(), '--registry', `${cluster.workstation.address}:5001`],
    { workstation: far },
  );
  const serving = cluster.workstation.exec(stick.program, [
    'registry',
    'serve',
    '--bundle',
    stick.bundle,
    '--listen',
    ':5001',
    '--quiet',
  ]);
  try {
    await untilServing(serving);
    const registry = ['--registry', `${cluster.workstation.address}:5001`];
    const told = await skerry(cluster, stick, ['install', stick.folder, ...trusted(), ...registry], {
      workstation: far,
    });
    assert.match(told, /is installed/);
    await skerry(cluster, stick, ['uninstall', '--yes'], { workstation: far });
  } finally {
    serving.kill('SIGTERM');
    await serving;
  }
});

test('a cluster without any storage class', async () => {
  const programs = await ensurePrograms(clusterPrograms, { cache: programCache(process.env) });
  const bare = await startCluster({ name: 'no-storage', programs, storage: false });
  await untilQuiet(bare);
  try {
    await refused('STORAGE_CLASS_MISSING', 4, [stick.folder, ...trusted()], {}, bare);
  } finally {
    await bare.stop();
  }
});

test('a cluster that does not answer', async () => {
  await cluster.workstation.setCable(false);
  const failure = await failing(cluster, stick, ['status', '--helm', stick.helm]);
  await cluster.workstation.setCable(true);
  assert.deepEqual(failure.codes, ['CLUSTER_UNREACHABLE'], failure.output);
});

async function copyOfBundle(name: string): Promise<string> {
  const path = join(work, name);
  await copyFile(stick.bundle, path);
  await copyFile(join(stick.folder, 'helm'), join(work, 'helm')).catch(() => undefined);
  return path;
}

async function flip(path: string, offset: number): Promise<void> {
  const file = await open(path, 'r+');
  const byte = Buffer.alloc(1);
  await file.read(byte, 0, 1, offset);
  byte[0] = (byte[0] ?? 0) ^ 1;
  await file.write(byte, 0, 1, offset);
  await file.close();
}

/** A stick of the platform's release with another description, signed by the same key. */
async function stickOf(change: { kubernetes: string }): Promise<string> {
  const manifests = await mkdtemp(join(work, 'manifests-'));
  const source = join(import.meta.dirname, '../../manifests');
  for (const part of ['charts', 'packs'])
    await cp(join(source, part), join(manifests, part), { recursive: true });
  const text = (await readFile(join(source, 'release.yaml'), 'utf8'))
    .replace(/^kubernetes: .*$/m, `kubernetes: "${change.kubernetes}"`)
    .replaceAll('../dist/', join(import.meta.dirname, '../../dist/'));
  await writeFile(join(manifests, 'release.yaml'), text);
  const folder = join(manifests, 'stick');
  execFileSync(
    stick.program,
    [
      'bundle',
      'create',
      join(manifests, 'release.yaml'),
      '-o',
      folder,
      '--key',
      stick.keyPath,
      '--helm',
      stick.helm,
    ],
    { stdio: 'pipe' },
  );
  return folder;
}

/** The same release with a signature that claims to be by the trusted key and is not. */
async function forgedBundle(): Promise<string> {
  const bundle = await openBundle(stick.bundle);
  const address = findRelease(bundle.index, stick.bundle);
  const forged = new MemoryStore('forged');
  const trustedKey = parseSigningKey(await readFile(stick.keyPath, 'utf8'), stick.keyPath).publicKey;
  const other = parseSigningKey(generateKey().privatePem, 'other');
  await signManifest(forged, address.repository, address.digest, {
    publicKey: trustedKey,
    sign: (bytes) => other.sign(bytes),
  });
  const signatureTag = (await forged.listTags(address.repository))[0] ?? '';
  const merged = new Merged(bundle, forged, signatureTag);
  const items = namesIn(bundle.index).map(({ repository, tag }) => ({ repository, reference: tag }));
  const plan = await planCopy(merged, items);
  const path = join(work, 'forged.bundle.tar');
  await writeBundle(path, indexOfPlan(plan), plan, merged);
  await bundle.close();
  await copyFile(join(stick.folder, 'helm'), join(work, 'helm')).catch(() => undefined);
  return path;
}

/** A bundle in which one signature is another. */
class Merged extends RoutedStore {
  readonly #forged: MemoryStore;
  readonly #tag: string;

  constructor(bundle: Awaited<ReturnType<typeof openBundle>>, forged: MemoryStore, tag: string) {
    super('merged', (repository) => ({ store: bundle, repository }));
    this.#forged = forged;
    this.#tag = tag;
  }

  override async readManifest(repository: string, reference: string) {
    return reference === this.#tag
      ? await this.#forged.readManifest(repository, reference)
      : await super.readManifest(repository, reference);
  }

  override attachments(repository: string) {
    return {
      prepare: async () => {},
      referrers: async () => [],
      tagged: (tag: string) => this.readManifest(repository, tag),
      isListed: async () => false,
    };
  }

  override async readBlob(...args: Parameters<RoutedStore['readBlob']>) {
    return (await this.#forged.readBlob(...args)) ?? (await super.readBlob(...args));
  }
}

async function untilServing(child: ReturnType<Cluster['workstation']['exec']>): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  child.stdout?.on('data', (chunk: Buffer) => chunk.toString().includes('"serving"') && resolve());
  void child.then(() => reject(new Error('the registry did not start')));
  await promise;
}
