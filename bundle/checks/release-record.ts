import { gzipSync } from 'node:zlib';
import { jsonText } from '../../apply/json.ts';
import { describeObject, type KubeObject } from '../../apply/object.ts';
import type { Finding } from './finding.ts';

/** What Helm keeps of a release, as far as it is known before the release exists. */
export interface RecordInput {
  readonly where: string;
  readonly name: string;
  readonly namespace: string;
  /** Of Chart.yaml. */
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly values: Readonly<Record<string, unknown>>;
  /** What helm is given to apply, one template each: no CRDs. */
  readonly objects: readonly KubeObject[];
}

/** Kubernetes' MaxSecretSize: Helm keeps a release in a Secret, as base64 of gzip of JSON. */
const LIMIT = 1024 * 1024;
const WARN_FROM = 0.8;

/** Whether Helm could keep this release in the cluster. */
export function recordFindings(input: RecordInput): Finding[] {
  const size = recordSize(input);
  if (size <= LIMIT * WARN_FROM) return [];
  const isError = size > LIMIT;
  return [
    {
      code: isError ? 'RELEASE_RECORD_TOO_LARGE' : 'RELEASE_RECORD_LARGE',
      severity: isError ? 'error' : 'warning',
      place: input.where,
      detail: `about ${size} of ${LIMIT} bytes; the largest objects: ${largest(input.objects)}`,
    },
  ];
}

/** Bytes of the Secret's one entry, encoded as Helm does it (helm.sh/helm/v4 pkg/storage/driver/util.go). */
export function recordSize(input: RecordInput): number {
  return 4 * Math.ceil(gzipSync(JSON.stringify(recordOf(input)), { level: 9 }).byteLength / 3);
}

// pkg/release/v1/release.go and pkg/chart/v2/chart.go, for the chart that static-chart.ts writes.
function recordOf({ name, namespace, metadata, values, objects }: RecordInput) {
  const texts = objects.map((object) => jsonText(object));
  const file = (index: number) => `templates/${String(index).padStart(5, '0')}.yaml`;
  return {
    name,
    info: { first_deployed: TIME, last_deployed: TIME, deleted: '', description: 'x', status: 'deployed' },
    chart: {
      metadata,
      lock: null,
      templates: texts.map((text, index) => ({
        name: file(index),
        data: Buffer.from(`${text}\n`).toString('base64'),
        modtime: TIME,
      })),
      values: {},
      schema: null,
      schemamodtime: TIME,
      files: [],
      modtime: TIME,
    },
    config: values,
    manifest: texts.map((text, index) => `---\n# Source: ${name}/${file(index)}\n${text}\n`).join(''),
    version: 1,
    namespace,
    apply_method: 'ssa',
  };
}

const TIME = '2026-01-01T00:00:00.000000000Z';
const MOST = 3;

function largest(objects: readonly KubeObject[]): string {
  return objects
    .map((object) => ({ name: describeObject(object), bytes: jsonText(object).length }))
    .sort((a, b) => b.bytes - a.bytes)
    .slice(0, MOST)
    .map(({ name, bytes }) => `${name} (${bytes})`)
    .join(', ');
}
