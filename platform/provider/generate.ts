import { writeFile } from 'node:fs/promises';
import { AlertReceiver } from '../api/alert.ts';
import { CloudAccount } from '../api/cloud-account.ts';
import { Cluster } from '../api/cluster.ts';
import { ClusterProfile } from '../api/cluster-profile.ts';
import type { CustomResource } from '../api/custom-resource.ts';
import { Gateway } from '../api/gateway.ts';
import { PackRegistry } from '../api/pack-registry.ts';
import { Rollout } from '../api/rollout.ts';
import type { ProviderKind } from './schema/provider-kind.ts';
import { attributesOf, computedAttributes } from './schema/spec-attributes.ts';

export const KINDS_FILE = new URL('kinds.ts', import.meta.url);

/** Those of platform/api that are resources; the first ones are data sources too. */
const READ: readonly CustomResource[] = [ClusterProfile, Cluster, CloudAccount, Gateway, Rollout];
const WRITTEN: readonly CustomResource[] = [...READ, PackRegistry, AlertReceiver];

/** Fields that commands of ours write, besides those that no rollback undoes: no attribute, so that no plan takes them out. */
const OF_OTHERS: Readonly<Record<string, readonly string[]>> = { Gateway: ['spec.movedTo'] };

/**
 * kinds.ts, the tables of platform/api in the words of the provider; not formatted yet. Made beforehand, as a provider is
 * started several times for each command of its user.
 */
export function generatedKinds(): string {
  const entries = WRITTEN.map((kind) => `${kind.kind}: ${JSON.stringify(providerKind(kind))},`);
  return [
    '// Made by "npm run docs" from platform/api; change it there.',
    "import type { ProviderKind } from './schema/provider-kind.ts';",
    '',
    'export const kinds = {',
    ...entries,
    '} satisfies Readonly<Record<string, ProviderKind>>;',
    '',
  ].join('\n');
}

function providerKind(resource: CustomResource): ProviderKind {
  const { kind, plural, description, spec, status, rollback } = resource;
  const made = {
    ...{ kind, plural, description },
    spec: attributesOf(spec, [
      ...(typeof rollback === 'object' ? rollback.leaves : []),
      ...(OF_OTHERS[kind] ?? []),
    ]),
  };
  if (!READ.includes(resource)) return made;
  return {
    ...made,
    read: {
      spec: computedAttributes(spec),
      status: status === undefined ? [] : computedAttributes(status),
    },
  };
}

if (import.meta.main) await writeFile(KINDS_FILE, generatedKinds());
