import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { PROJECT } from '../install/product.ts';

const ReleaseYaml = z.looseObject({
  version: z.string(),
  sources: z.array(z.unknown()),
  components: z.array(
    z.looseObject({ name: z.string(), values: z.record(z.string(), z.unknown()).optional() }),
  ),
  packs: z.array(z.string()),
  images: z.array(z.string()),
});
export type ReleaseYaml = z.infer<typeof ReleaseYaml>;

export const FIXTURES = join(import.meta.dirname, '../fixtures/upgrade');
/** What a profile of these tests has. */
const PACK = join(PROJECT, 'test/fixtures/fleet/packs/settings');

/** A folder with a release that can be changed before it is packed. */
export class ReleaseFolder {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** The platform's own release under a version, with the two small charts of these tests beside it. */
  static async create(path: string, version: string): Promise<ReleaseFolder> {
    for (const name of ['charts', 'packs', 'release.yaml'])
      await cp(join(PROJECT, 'manifests', name), join(path, name), { recursive: true });
    for (const name of ['idle', 'notes'])
      await cp(join(FIXTURES, name), join(path, 'charts', name), { recursive: true });
    const folder = new ReleaseFolder(path);
    await folder.editRelease((release) => ({
      ...release,
      version,
      sources: [{ prefix: 'registry.skerry.example', layout: 'images' }],
      components: [
        ...release.components,
        { name: 'idle', chart: 'charts/idle', namespace: 'skerry-system', timeoutSeconds: 60 },
        { name: 'notes', chart: 'charts/notes', namespace: 'skerry-system', timeoutSeconds: 60 },
      ],
      // What gateways run is of no matter here, and large.
      packs: ['packs/agent', 'packs/podinfo', 'packs/coredns', PACK],
      accounted: [],
      images: ['registry.skerry.example/pause:1.0.0'],
    }));
    return folder;
  }

  get releaseFile(): string {
    return join(this.path, 'release.yaml');
  }

  async editRelease(edit: (release: ReleaseYaml) => ReleaseYaml): Promise<void> {
    await this.edit('release.yaml', ReleaseYaml, edit);
  }

  /** Adds images that nothing in the cluster runs, as a vendor does for packs to come. */
  async addImages(...images: readonly string[]): Promise<void> {
    await this.editRelease((release) => ({ ...release, images: [...release.images, ...images] }));
  }

  /** Adds components that are the same in all releases, until there are so many. */
  async fillUp(count: number): Promise<void> {
    await this.editRelease((release) => {
      const more = Array.from({ length: count - release.components.length }, (_, index) => ({
        ...{
          name: `idle-${index + 2}`,
          chart: 'charts/idle',
          namespace: 'skerry-system',
          timeoutSeconds: 60,
        },
      }));
      return { ...release, components: [...release.components, ...more] };
    });
  }

  /** Sets values of a component. */
  async setValues(component: string, values: Readonly<Record<string, unknown>>): Promise<void> {
    await this.editRelease((release) => ({
      ...release,
      components: release.components.map((one) =>
        one.name === component ? { ...one, values: { ...one.values, ...values } } : one,
      ),
    }));
  }

  /** Sets the version of a chart and, where it is one of the platform's, of the image that it runs. */
  async setChartVersion(component: string, version: string): Promise<void> {
    await this.edit(`charts/${component}/Chart.yaml`, z.looseObject({}), (chart) => ({
      ...chart,
      version,
      appVersion: version,
    }));
  }

  /** Changes a file of YAML. */
  async edit<T>(file: string, schema: z.ZodType<T>, edit: (content: T) => unknown): Promise<void> {
    const path = join(this.path, file);
    const content = schema.parse(parse(await readFile(path, 'utf8')));
    await writeFile(path, stringify(edit(content), { lineWidth: 0 }));
  }
}
