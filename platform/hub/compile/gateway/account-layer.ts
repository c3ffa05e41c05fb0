import type { JsonObject } from '../../../../apply/json.ts';
import { checkValues } from '../check-values.ts';
import type { Report } from '../finding.ts';
import type { PlannedLayer } from '../plan-layers.ts';
import { accountLayerName, clustersNamespace } from './layer-names.ts';
import type { NamedAccount } from './made-cluster.ts';
import { type SystemPack, systemLayer } from './system-packs.ts';

/** What there is of the Secret of an account. */
export type AccountCredentials =
  | { readonly state: 'found'; readonly texts: Readonly<Record<string, string>> }
  | { readonly state: 'missing' }
  /** It may not be used so. */
  | { readonly state: 'refused'; readonly detail: string };

/** The layer of an account: its settings, and its Secret sealed whole. Undefined where anything was reported. */
export function accountLayer(
  { project, name, spec }: NamedAccount,
  credentials: AccountCredentials,
  pack: SystemPack,
  packsPrefix: string,
  outer: Report,
): PlannedLayer | undefined {
  const path = 'spec.credentials';
  const secret = `Secret ${spec.credentials.name}`;
  if (credentials.state === 'missing') return outer('SECRET_MISSING', path, secret);
  if (credentials.state === 'refused')
    return outer('SECRET_NOT_LENT', path, `${secret}: ${credentials.detail}`);
  let isSound = true;
  const report: Report = (code, at, detail) => {
    isSound = false;
    return outer(code, at, detail);
  };
  const values = accountValues({ project, name, spec });
  checkValues(pack.config, values, 'spec', report, { secret: false });
  if (!isSound) return undefined;
  const layerName = accountLayerName(name);
  const dependsOn = ['infra', ...(spec.type === 'aws' ? ['cluster-api-aws'] : [])];
  const layer = {
    ...systemLayer(layerName, clustersNamespace(project), 'cloud-account', pack, packsPrefix),
    values,
    dependsOn,
    // Whether the cloud lets it in is told of the account, and is no fault of the layer.
    health: [{ apiVersion: 'infrastructure.skerry.dev/v1alpha1', kind: 'SkerryAccount', ignore: true }],
  };
  const secrets = { credentials: credentials.texts };
  return { name: layerName, layer, dependsOn, secrets, registry: undefined, path };
}

function accountValues({
  project,
  name,
  spec: { type, endpoint, ca, settings, requestsPerSecond, usableBy = [] },
}: Pick<NamedAccount, 'project' | 'name' | 'spec'>): JsonObject {
  return {
    origin: { project, name },
    type,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(ca === undefined ? {} : { ca }),
    ...(settings === undefined ? {} : { settings }),
    ...(requestsPerSecond === undefined ? {} : { requestsPerSecond }),
    namespaces: [project, ...usableBy].map(clustersNamespace).sort(),
  };
}
