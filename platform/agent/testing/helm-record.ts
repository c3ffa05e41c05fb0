import { gzipSync } from 'node:zlib';
import type { KubeObject } from '../../../apply/object.ts';

export interface HelmRecord {
  readonly name: string;
  readonly namespace: string;
  readonly revision: number;
  readonly status: string;
  readonly objects?: readonly KubeObject[] | undefined;
  /** Of the chart. */
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

/** A revision of a release as Helm keeps it. */
export function helmRecord({
  name,
  namespace,
  revision,
  status,
  objects = [],
  annotations,
}: HelmRecord): KubeObject {
  const manifest = objects.map((object) => `---\n${JSON.stringify(object)}\n`).join('');
  const json = JSON.stringify({
    name,
    namespace,
    version: revision,
    info: { status, description: status },
    manifest,
    chart: { metadata: { name, version: '1.0.0', annotations } },
  });
  const release = Buffer.from(gzipSync(json).toString('base64')).toString('base64');
  const labels = { owner: 'helm', name, status, version: String(revision) };
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'helm.sh/release.v1',
    metadata: { name: `sh.helm.release.v1.${name}.v${revision}`, namespace, labels },
    data: { release },
  };
}
