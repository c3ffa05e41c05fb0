import { isJsonObject, type JsonObject, textAt } from '../../../../apply/json.ts';
import { tryJson } from '../../../../content/json.ts';
import type { NodeDefaults } from '../../../api/gateway.ts';
import { registryHost } from '../../lent-secret.ts';
import { checkValues } from '../check-values.ts';
import type { Report } from '../finding.ts';
import type { PlannedLayer } from '../plan-layers.ts';
import type { SecretText } from '../variables.ts';
import { clustersNamespace, machinesLayerName } from './layer-names.ts';
import type { NamedGateway } from './made-cluster.ts';
import { type SystemPack, systemLayer } from './system-packs.ts';

export interface MachineDefaults {
  /** Texts of the Secrets of the gateway's project. */
  readonly secretText: SecretText;
}

/** The layer with what machines of a project's clusters are prepared with. Undefined where anything was reported. */
export function machinesLayer(
  project: string,
  { spec }: NamedGateway,
  { secretText }: MachineDefaults,
  pack: SystemPack,
  packsPrefix: string,
  outer: Report,
): PlannedLayer | undefined {
  let isSound = true;
  const report: Report = (code, at, detail) => {
    isSound = false;
    return outer(code, at, detail);
  };
  const path = 'spec.nodes';
  const nodes: NodeDefaults = spec.nodes ?? {};
  const values = { nodes: openValues(nodes) };
  const credentials = registryCredentials(nodes, secretText, report);
  checkValues(pack.config, values, path, report, { secret: false });
  if (!isSound) return undefined;
  const name = machinesLayerName(project);
  const dependsOn = ['infra'];
  const layer = {
    ...systemLayer(name, clustersNamespace(project), 'machine-defaults', pack, packsPrefix),
    values,
    dependsOn,
  };
  const secrets = credentials === undefined ? undefined : { nodes: { registry: { credentials } } };
  return { name, layer, dependsOn, secrets, registry: undefined, path };
}

function openValues({ proxy, ntp, registry, ca, sshKeys }: NodeDefaults): JsonObject {
  const { endpoint, ca: registryCa, cache } = registry ?? {};
  const near = cache && {
    cache: { endpoint: cache.endpoint, ...(cache.ca === undefined ? {} : { ca: cache.ca }) },
  };
  return {
    ...(proxy === undefined ? {} : { proxy }),
    ...(ntp === undefined ? {} : { ntp }),
    ...(endpoint === undefined
      ? {}
      : { registry: { endpoint, ...(registryCa === undefined ? {} : { ca: registryCa }), ...near } }),
    ...(ca === undefined ? {} : { ca }),
    ...(sshKeys === undefined ? {} : { sshKeys }),
  };
}

function registryCredentials(
  { registry }: NodeDefaults,
  secretText: SecretText,
  report: Report,
): JsonObject | undefined {
  if (registry?.credentials === undefined) return undefined;
  const { name, key } = registry.credentials;
  const path = 'spec.nodes.registry.credentials';
  const text = secretText(name, key, { purpose: 'registry', host: registryHost(registry.endpoint) });
  if (typeof text === 'object') return report('SECRET_NOT_LENT', path, `Secret ${name}: ${text.refused}`);
  // Machines show them to the cache as well.
  const { cache } = registry;
  const shown = cache && secretText(name, key, { purpose: 'registry', host: registryHost(cache.endpoint) });
  if (typeof shown === 'object') return report('SECRET_NOT_LENT', path, `Secret ${name}: ${shown.refused}`);
  if (text === undefined) return report('SECRET_MISSING', path, `Secret ${name}, key ${key}`);
  const value = tryJson(text);
  const [username, password] = [textAt(value, 'username'), textAt(value, 'password')];
  if (isJsonObject(value) && username !== undefined && password !== undefined) return { username, password };
  return report('SECRET_MISSING', path, `Secret ${name}, key ${key}: no JSON with username and password`);
}
