import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { command } from '../cluster/processes/command.ts';
import { PROJECT } from '../install/product.ts';
import type { StickFixture } from '../install/stick.ts';

const RELEASE = join(PROJECT, 'manifests');
const PACKS = join(PROJECT, 'test/fixtures/fleet/packs');
const CREATE_MILLISECONDS = 300_000;

const Release = z.looseObject({
  sources: z.array(z.looseObject({ layout: z.string() })),
  components: z.array(
    z.looseObject({
      name: z.string(),
      chart: z.string(),
      values: z.record(z.string(), z.unknown()).default({}),
    }),
  ),
  packs: z.array(z.string()),
});

/** What a release carries besides the platform's own. */
export interface MoreRelease {
  /** Folder of the layout that images are taken from; the product's own when absent. */
  readonly layout?: string | undefined;
  readonly packs: readonly string[];
}

/**
 * Makes a stick with the platform's own release and the packs of the fleet's tests, and a hub that is reached at this
 * address of its node; returns its folder.
 */
export async function fleetStick(
  stick: StickFixture,
  work: string,
  address: string,
  more?: MoreRelease,
): Promise<string> {
  const folder = join(work, 'fleet-release');
  await mkdir(folder, { recursive: true });
  const release = Release.parse(parse(await readFile(join(RELEASE, 'release.yaml'), 'utf8')));
  for (const source of release.sources) source.layout = more?.layout ?? join(RELEASE, source.layout);
  for (const component of release.components) {
    component.chart = join(RELEASE, component.chart);
    if (component.name === 'hub') component.values = hubValues(address);
  }
  const own = (await readdir(PACKS)).sort().map((name) => join(PACKS, name));
  release.packs = [...release.packs.map((pack) => join(RELEASE, pack)), ...own, ...(more?.packs ?? [])];
  const file = join(folder, 'release.yaml');
  await writeFile(file, stringify(release));
  const out = join(folder, 'stick');
  const given = ['--key', stick.keyPath, '--helm', stick.helm];
  await command(stick.program, ['bundle', 'create', file, '-o', out, ...given], {
    timeout: CREATE_MILLISECONDS,
  });
  return out;
}

// The workstation reaches the API at the node; all else is as it is without a word.
function hubValues(address: string): Record<string, unknown> {
  return { service: { type: 'NodePort' }, tls: { hosts: [address] } };
}
