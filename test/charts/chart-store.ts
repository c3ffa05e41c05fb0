import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import type { Helm } from '../../apply/helm/helm.ts';
import type { ChartSource } from '../../apply/release/component.ts';
import { packChart, putChart } from '../../bundle/charts/chart.ts';
import { MemoryStore } from '../../content/stores/memory.ts';

/** Packs a chart whose files are given by their paths in it, as a bundle holds it. */
export async function chartOf(
  helm: Helm,
  folder: string,
  files: Readonly<Record<string, string>>,
): Promise<ChartSource> {
  const work = await mkdtemp(join(folder, 'chart-source-'));
  const root = join(work, 'app');
  const all = { 'Chart.yaml': stringify({ apiVersion: 'v2', name: 'app', version: '1.0.0' }), ...files };
  for (const [path, text] of Object.entries(all)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  const store = new MemoryStore();
  const { digest } = await putChart(store, 'charts/app', await packChart(helm, root, work));
  return { store, repository: 'charts/app', digest };
}
