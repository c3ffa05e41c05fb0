import { textAt } from '../../../../apply/json.ts';
import type { EnvelopeLayer } from '../../../desired/envelope.ts';
import { accountLayerName } from './layer-names.ts';
import type { NamedAccount } from './made-cluster.ts';

interface Place {
  /** The layers of the last envelope, by name. */
  readonly before: ReadonlyMap<string, EnvelopeLayer>;
  /** Whether the agent has applied a layer as the last envelope has it. */
  readonly isApplied: (layer: string) => boolean;
}

/** Of the mark that tells which credentials a layer has; enough to tell two apart. */
const MARK_LENGTH = 16;

/**
 * Which keys the gateway has of each account, as `NAME:MARK …`: another text once keys were replaced there. The provider
 * for AWS is started again with each, since it goes on with the keys that it has seen. Started before the new ones are in
 * place it would take the old ones once more, and keep them: what an envelope brings counts from when it was applied.
 */
export function keysInPlace(accounts: readonly NamedAccount[], { before, isApplied }: Place): string {
  const known = new Map(
    (textAt(before.get('cluster-api-aws')?.values, 'credentials') ?? '')
      .split(' ')
      .map((entry) => [entry.slice(0, entry.indexOf(':')), entry] as const),
  );
  const names = accounts.map(({ name }) => name).sort();
  return names
    .flatMap((name) => {
      const layer = accountLayerName(name);
      const mark = before.get(layer)?.sealedMark;
      const isInPlace = mark !== undefined && isApplied(layer);
      return (isInPlace ? `${name}:${shortened(mark)}` : known.get(name)) ?? [];
    })
    .join(' ');
}

/** Without the name of the hash. */
function shortened(mark: string): string {
  return mark.slice(mark.indexOf(':') + 1).slice(0, MARK_LENGTH);
}
