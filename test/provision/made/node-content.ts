import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { programs } from '../../cluster/builds/program.ts';
import { command } from '../../cluster/processes/command.ts';
import { PROJECT } from '../../install/product.ts';
import type { StickFixture } from '../../install/stick.ts';

const MANIFESTS = join(PROJECT, 'manifests');
const LAYOUT = join(PROJECT, 'dist/node-images');
const MACHINES = 'machine-cluster';
/** The version of Kubernetes that there is, and one that is the same programs, of which kubelet says that it is the next. */
export const KUBERNETES = programs.kubelet.version;
export const NEXT_KUBERNETES = programs['kubelet-next'].version;
/** All of `--nodes` but AWS's provider, which is a release of its own. */
const IMAGES = [
  ...['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kube-proxy', 'etcd', 'pause'],
  ...['coredns', 'keepalived'],
];

const Release = z.looseObject({
  sources: z.array(z.looseObject({ layout: z.string() })),
  images: z.array(z.string()),
});
const Versioned = z.looseObject({ version: z.string() });
const Values = z.looseObject({ releases: z.record(z.string(), z.looseObject({})) });
const Index = z.looseObject({ manifests: z.array(z.record(z.string(), z.unknown())) });
const REF_NAME = 'org.opencontainers.image.ref.name';
const Annotations = z.looseObject({ [REF_NAME]: z.string() });

/**
 * Makes the bundle with what nodes pull from the project's own release, once the product is built; gives its path. Beside
 * the version of Kubernetes that it has it carries a next one, of the same programs.
 */
export async function makeNodeContent(stick: StickFixture, work: string): Promise<string> {
  await node('manifests/images/main.ts', '--nodes', ...IMAGES);
  const folder = join(work, 'nodes');
  await mkdir(folder, { recursive: true });
  const layout = join(folder, 'images');
  await cp(LAYOUT, layout, { recursive: true });
  await nameAgain(layout);
  const file = join(folder, 'release.yaml');
  const release = Release.parse(parse(await readFile(join(MANIFESTS, 'nodes.yaml'), 'utf8')));
  const images = [...release.images, ...release.images.filter(isKubernetes).map(nextName)];
  const sources = release.sources.map((source) => ({ ...source, layout }));
  await writeFile(file, stringify({ ...release, sources, images }));
  const out = join(folder, 'stick');
  const given = ['--key', stick.keyPath, '--helm', stick.helm];
  await command(stick.program, ['bundle', 'create', file, '-o', out, ...given], { timeout: 300_000 });
  const bundle = (await readdir(out)).find((name) => name.endsWith('.bundle.tar'));
  if (bundle === undefined) throw new Error(`no bundle in ${out}`);
  return join(out, bundle);
}

async function node(script: string, ...args: readonly string[]): Promise<void> {
  await command(process.execPath, [join(PROJECT, script), ...args], { cwd: PROJECT, timeout: 3_600_000 });
}

/** The images of Kubernetes have a second name. */
async function nameAgain(layout: string): Promise<void> {
  const path = join(layout, 'index.json');
  const index = Index.parse(JSON.parse(await readFile(path, 'utf8')));
  const more = index.manifests.flatMap((entry) => {
    const { data } = Annotations.safeParse(entry.annotations);
    const name = data?.[REF_NAME];
    return name !== undefined && isKubernetes(name)
      ? [{ ...entry, annotations: { ...data, [REF_NAME]: nextName(name) } }]
      : [];
  });
  if (more.length !== 4) throw new Error(`${more.length} images of Kubernetes in ${path}`);
  await writeFile(path, JSON.stringify({ ...index, manifests: [...index.manifests, ...more] }));
}

function isKubernetes(name: string): boolean {
  return name.endsWith(`:v${KUBERNETES}`);
}

function nextName(name: string): string {
  return name.replace(`:v${KUBERNETES}`, `:v${NEXT_KUBERNETES}`);
}

/** Makes a newer pack of clusters that offers both versions, and is otherwise the same; gives its folder. */
export async function makeNextPack(work: string): Promise<string> {
  const folder = join(work, MACHINES);
  await cp(join(MANIFESTS, 'packs', MACHINES), folder, { recursive: true });
  const version = '1.1.0';
  for (const name of ['pack.yaml', 'chart/Chart.yaml'])
    await change(join(folder, name), (text) => ({ ...Versioned.parse(text), version }));
  await change(join(folder, 'chart/values.yaml'), (text) => {
    const values = Values.parse(text);
    const known = values.releases[`v${KUBERNETES}`];
    if (known === undefined) throw new Error(`the pack does not know ${KUBERNETES}`);
    return { ...values, releases: { ...values.releases, [`v${NEXT_KUBERNETES}`]: known } };
  });
  return folder;
}

async function change(path: string, to: (content: unknown) => object): Promise<void> {
  await writeFile(path, stringify(to(parse(await readFile(path, 'utf8')))));
}
