import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { jsonText } from '../json.ts';
import type { KubeObject } from '../object.ts';
import type { ChartMetadata } from './chart-source.ts';

/**
 * Writes objects as a chart that renders to just these, so that Helm applies what was looked at and nothing else:
 * a second rendering could differ (random passwords, `lookup`, a cluster that changed meanwhile).
 */
export async function writeStaticChart(
  folder: string,
  metadata: ChartMetadata,
  objects: readonly KubeObject[],
): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(join(folder, 'templates'), { recursive: true });
  await writeFile(join(folder, 'Chart.yaml'), stringify({ apiVersion: 'v2', ...metadata }));
  for (const [index, object] of objects.entries()) {
    const name = `${String(index).padStart(5, '0')}.yaml`;
    await writeFile(join(folder, 'templates', name), `${literal(yamlSafe(jsonText(asRendered(object))))}\n`);
  }
}

// Characters that JSON takes as they are, and YAML for line breaks or for none at all (YAML 1.1, 4.1 and 4.2).
const ODD = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g;

function yamlSafe(json: string): string {
  return json.replace(ODD, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Text that a template gives back as it is; JSON is YAML. */
function literal(text: string): string {
  return text.replaceAll('{{', '{{ "{{" }}');
}

// parseManifests names an object that has only a generateName after that.
function asRendered(object: KubeObject): unknown {
  const { name, ...metadata } = object.metadata;
  return metadata.generateName === name ? { ...object, metadata } : object;
}
