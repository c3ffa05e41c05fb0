import { platformError } from '../errors.ts';

/**
 * The number rises when a side could no longer be understood by what is passed over and what is optional alone. A version
 * speaks its own protocol and every one that was spoken by the two minor versions before it: who upgrades the hub first, and the
 * agents by and by, loses none of them.
 */
export interface Protocols {
  readonly newest: number;
  readonly oldest: number;
}

export const PROTOCOLS: Protocols = { newest: 1, oldest: 1 };

/**
 * The newest protocol that both sides speak. `agent` is what a hello says; one that names no oldest speaks only its
 * newest. Throws AGENT_PROTOCOL_OLD, AGENT_PROTOCOL_NEW.
 */
export function agreedProtocol(
  agent: { readonly protocol: number; readonly oldestProtocol?: number | undefined },
  hub: Protocols,
  subject: string,
): number {
  const { protocol: newest, oldestProtocol: oldest = newest } = agent;
  const detail = `it speaks ${rangeOf({ newest, oldest })}, the hub ${rangeOf(hub)}`;
  if (newest < hub.oldest) throw platformError('AGENT_PROTOCOL_OLD', { subject, detail });
  if (oldest > hub.newest) throw platformError('AGENT_PROTOCOL_NEW', { subject, detail });
  return Math.min(newest, hub.newest);
}

function rangeOf({ newest, oldest }: Protocols): string {
  return oldest === newest ? `protocol ${newest}` : `protocols ${oldest} to ${newest}`;
}
