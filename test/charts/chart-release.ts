import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createHelm, type Helm } from '../../apply/helm/helm.ts';
import type { HelmLimits } from '../../apply/helm/helm-process.ts';
import { type CreatedBundle, type CreateOptions, createBundle } from '../../bundle/create.ts';
import { generateKey, parseSigningKey } from '../../bundle/key.ts';
import { openLayout } from '../../content/layout/layout.ts';
import { testFolder } from '../../content/testing/folder.ts';
import { helmProgram } from './helm-program.ts';

/** A release of one chart, which needs no image, in a folder of its own. */
export interface ChartRelease {
  readonly folder: string;
  /** Makes a bundle of it with real helm. */
  create(options?: Partial<CreateOptions> & { limits?: HelmLimits }): Promise<CreatedBundle>;
}

export interface ChartReleaseOptions {
  /** `app` when absent: the folder of the files. */
  readonly chart?: string;
  /** More fields of the component, as YAML lines. */
  readonly component?: string;
  /** More fields of the release, as YAML lines. */
  readonly release?: string;
}

/** Writes `files`, by their paths within the release's folder, and a release.yaml. */
export async function chartRelease(
  files: Readonly<Record<string, string | Buffer>>,
  { chart = 'app', component = '', release = '' }: ChartReleaseOptions = {},
): Promise<ChartRelease> {
  const folder = await testFolder('charts');
  await openLayout(join(folder, 'images'), { create: true });
  const yaml = `apiVersion: skerry.dev/v1
kind: Release
name: demo
version: 1.0.0
kubernetes: '>=1.31 <1.36'
sources: [{prefix: images.example, layout: images}]
registry: {component: app}
${release}
components:
  - name: app
    chart: ${JSON.stringify(chart)}
    namespace: app
    ${component}
`;
  for (const [path, content] of Object.entries({ ...files, 'release.yaml': yaml })) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  return { folder, create: (options) => create(folder, options) };
}

/** The Chart.yaml of the charts of these tests. */
export const CHART_YAML = 'apiVersion: v2\nname: app\nversion: 1.0.0\n';

async function create(
  folder: string,
  { limits, ...options }: Partial<CreateOptions> & { limits?: HelmLimits } = {},
): Promise<CreatedBundle> {
  const scratch = join(folder, 'scratch');
  await mkdir(scratch, { recursive: true });
  await mkdir(join(folder, 'out'), { recursive: true });
  return await createBundle(join(folder, 'release.yaml'), join(folder, 'out'), {
    helm: await testHelm(scratch, limits),
    key: parseSigningKey(generateKey().privatePem, 'a key of this test'),
    scratch,
    hostTools: async () => [],
    ...options,
  });
}

/** Real helm, with its files below `scratch` and no cluster. */
export async function testHelm(scratch: string, limits?: HelmLimits): Promise<Helm> {
  return createHelm({
    program: await helmProgram(),
    home: join(scratch, 'helm'),
    environment: { PATH: process.env.PATH },
    limits,
  });
}
