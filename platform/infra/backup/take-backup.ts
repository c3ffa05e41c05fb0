import type { KubeClient } from '../../../apply/client/client.ts';
import { at, listAt, textAt } from '../../../apply/json.ts';
import type { KubeObject } from '../../../apply/object.ts';
import { mapLimited } from '../../../content/limit.ts';
import type { GatewayBackup } from './gateway-backup.ts';

export interface TakeBackup {
  readonly client: Pick<KubeClient, 'get' | 'list'>;
  readonly now: () => Date;
  readonly signal: AbortSignal;
}

const WIDTH = 4;
const CRD = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' };
/** Cluster API's groups and those of its providers, and ours. */
const GROUPS = /(?:^|\.)cluster\.x-k8s\.io$|^infrastructure\.skerry\.dev$/;
/** Of a cluster of Cluster API, by its own names (Cluster API book, "Certificate management"). */
const PURPOSES = ['ca', 'etcd', 'sa', 'proxy', 'kubeconfig'];
const CLUSTER_NAME_LABEL = 'cluster.x-k8s.io/cluster-name';

/** Reads all that a gateway knows of its clusters. Changes nothing. */
export async function takeBackup({ client, now, signal }: TakeBackup): Promise<GatewayBackup> {
  const system = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kube-system' } };
  const [home, crds] = await Promise.all([client.get(system, { signal }), client.list(CRD, { signal })]);
  const definitions = crds.items.filter((crd) => GROUPS.test(textAt(crd, 'spec', 'group') ?? ''));
  const selections = definitions.flatMap(storedAs);
  const lists = await mapLimited(
    selections,
    WIDTH,
    async (kind) => (await client.list(kind, { signal })).items,
  );
  const objects = lists.flat();
  const secrets = await clusterSecrets(client, objects, signal);
  return {
    version: 1,
    at: now().toISOString(),
    cluster: home?.metadata.uid ?? '',
    definitions: definitions.map(bare),
    objects: [...objects, ...secrets].map(bare),
  };
}

/** The version in which objects are stored: what is read in it was never converted. */
function storedAs(crd: KubeObject) {
  const version = listAt(crd, 'spec', 'versions').find((one) => at(one, 'storage') === true);
  const name = textAt(version, 'name');
  const kind = textAt(crd, 'spec', 'names', 'kind');
  if (name === undefined || kind === undefined || at(version, 'served') === false) return [];
  return [{ apiVersion: `${textAt(crd, 'spec', 'group')}/${name}`, kind }];
}

async function clusterSecrets(
  client: Pick<KubeClient, 'list'>,
  objects: readonly KubeObject[],
  signal: AbortSignal,
): Promise<KubeObject[]> {
  const clusters = objects.filter(isCluster);
  const namespaces = [...new Set(clusters.map(({ metadata }) => metadata.namespace ?? ''))];
  const names = new Set(
    clusters.flatMap(({ metadata: { namespace, name } }) =>
      PURPOSES.map((purpose) => `${namespace}/${name}-${purpose}`),
    ),
  );
  const lists = await mapLimited(namespaces, WIDTH, async (namespace) => {
    const { items } = await client.list({ apiVersion: 'v1', kind: 'Secret', namespace }, { signal });
    return items.filter(
      ({ metadata: { name, labels } }) =>
        names.has(`${namespace}/${name}`) || labels?.[CLUSTER_NAME_LABEL] !== undefined,
    );
  });
  return lists.flat();
}

export function isCluster({ apiVersion, kind }: KubeObject): boolean {
  return kind === 'Cluster' && apiVersion.startsWith('cluster.x-k8s.io/');
}

/** Without what another cluster assigns itself. The UID stays: references between objects are by it. */
function bare({ metadata, ...object }: KubeObject): KubeObject {
  const {
    resourceVersion: _version,
    generation: _generation,
    creationTimestamp: _created,
    deletionTimestamp: _deleted,
    deletionGracePeriodSeconds: _grace,
    selfLink: _link,
    ...rest
  } = metadata;
  return { ...object, apiVersion: object.apiVersion, kind: object.kind, metadata: rest };
}
