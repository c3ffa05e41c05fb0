import { z } from 'zod';
import { tryParseReference } from '../../content/reference.ts';
import type { ForeignFields } from './foreign-fields.ts';
import type { WrittenJob, WrittenMirror } from './import-result.ts';

const Text = z.string();
const OCI = 'oci://';

/** Maps an ImageSetConfiguration of oc-mirror, v1alpha2 and v2alpha1: its additional images and its charts. */
export function importImageSet(file: ForeignFields, name: string, to: string): WrittenMirror {
  file.take('apiVersion', Text);
  file.take('kind', z.literal('ImageSetConfiguration'));
  const mirror = file.object('mirror');
  const wanted = mirror.list('additionalImages');
  const blocked = mirror.list('blockedImages').flatMap((entry) => nameIn(entry) ?? []);
  const images = wanted.flatMap((entry) => imageOf(entry)).filter((image) => !blocked.includes(image));
  const charts = chartsOf(mirror.object('helm'));
  mirror.refuse({
    platform: 'releases of OpenShift are found by their update service, which is not asked',
    operators: 'catalogs of operators are not read; name their images under additionalImages',
    samples: 'not mapped',
  });
  mirror.end();
  file.refuse({
    archiveSize: 'a layout has a file for each blob; a bundle is one file',
    storageConfig: 'a run compares both sides and needs no memory of earlier ones',
  });
  file.end();
  const job: WrittenJob = {
    name: 'images',
    to,
    ...(images.length === 0 ? {} : { images }),
    ...(charts.length === 0 ? {} : { charts }),
  };
  return { apiVersion: 'skerry.dev/v1', kind: 'Mirror', name, jobs: [job] };
}

function nameIn(entry: ForeignFields): string | undefined {
  const image = entry.take('name', Text);
  entry.end();
  return image;
}

function imageOf(entry: ForeignFields): string[] {
  const image = nameIn(entry);
  if (image !== undefined && tryParseReference(image) !== undefined) return [image];
  entry.tell('name', `not an image reference: ${image ?? ''}`);
  return [];
}

function chartsOf(helm: ForeignFields): NonNullable<WrittenJob['charts']> {
  const local = helm.list('local').flatMap((entry) => {
    const chart = entry.take('path', Text);
    return chart === undefined ? [] : [{ chart, ...valuesOf(entry) }];
  });
  const remote = helm.list('repositories').flatMap((repository) => {
    const url = repository.take('url', Text) ?? '';
    repository.take('name', Text);
    const entries = repository.list('charts');
    repository.end();
    if (!url.startsWith(OCI))
      repository.tell('url', 'charts are taken from folders, archives and OCI registries');
    return entries.flatMap((entry) => {
      const [name, version] = [entry.take('name', Text), entry.take('version', Text)];
      const settings = valuesOf(entry);
      if (!url.startsWith(OCI) || name === undefined) return [];
      return [
        {
          chart: `${url.replace(/\/$/, '')}/${name}${version === undefined ? '' : `:${version}`}`,
          ...settings,
        },
      ];
    });
  });
  helm.end();
  return [...local, ...remote];
}

function valuesOf(entry: ForeignFields): { values?: Record<string, unknown> } {
  const values = entry.take('values', z.record(z.string(), z.unknown()));
  entry.take('name', Text);
  entry.refuse({ imagePaths: 'images are found in everything that the chart renders to' });
  entry.end();
  return values === undefined ? {} : { values };
}
