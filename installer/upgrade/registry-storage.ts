import type { Helm } from '../../apply/helm/helm.ts';
import { textAt } from '../../apply/json.ts';
import type { RegistryStorage } from '../component.ts';
import type { Installation } from '../record/installation.ts';

import { registryIn } from './record-changes.ts';

const DEFAULT_SIZE = '20Gi';

/** Where the registry keeps its content, as was chosen when it was installed: Helm remembers the values. */
export async function registryStorage(
  helm: Pick<Helm, 'values'>,
  installation: Pick<Installation, 'phases' | 'components'>,
  signal: AbortSignal,
): Promise<RegistryStorage> {
  const registry = installation.components.find(({ name }) => name === registryIn(installation));
  const values =
    registry === undefined
      ? undefined
      : await helm.values({ name: registry.name, namespace: registry.namespace, signal });
  return {
    className: textAt(values, 'storage', 'storageClass'),
    size: textAt(values, 'storage', 'size') ?? DEFAULT_SIZE,
  };
}
