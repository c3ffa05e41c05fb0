import { z } from 'zod';
import { tryJson } from '../../../content/json.ts';
import { Envelope } from '../../desired/envelope.ts';
import type { Signed } from '../../desired/message.ts';

/** A way to a hub: an address, and the authorities (PEM) by which it is known there. */
export interface Way {
  readonly url: string;
  readonly authorities: readonly string[];
}

const Known = z.object({
  urls: z.array(z.string()),
  authorities: z.array(z.string()),
  /** Public keys (PEM) of the hub, for an agent that is let in by files. */
  keys: z.array(z.string()).optional(),
});
export type Known = z.infer<typeof Known>;

/** What an agent knows of its hub, from the most to the least recent. */
export interface KnownDoors {
  /** The envelope that is held. */
  readonly held: Signed | undefined;
  /** What the hub said when the agent enrolled. */
  readonly enrolled: Known | undefined;
  /** What the agent was installed with. */
  readonly installed: Known | undefined;
}

/**
 * All ways to the hub, the most recent first. Older ones stay behind them: an address or an authority that was changed
 * by mistake must not cost the agent its hub. Nothing is done for who answers there but by a signed envelope.
 */
export function waysToHub({ held, enrolled, installed }: KnownDoors): Way[] {
  const doors = [held === undefined ? undefined : doorIn(held), enrolled, installed];
  const ways = doors.flatMap((door) =>
    (door?.urls ?? []).map((url) => ({ url, authorities: door?.authorities ?? [] })),
  );
  const seen = new Set<string>();
  return ways.filter((way) => {
    const id = JSON.stringify([way.url, way.authorities]);
    return !seen.has(id) && seen.add(id);
  });
}

/** Public keys (PEM) of the hub: those of the held envelope, before there is one those that came with enrolling. */
export function hubKeys(held: Signed | undefined, enrolled: readonly string[]): readonly string[] {
  return (held === undefined ? undefined : doorIn(held)?.keys) ?? enrolled;
}

// It was checked when it was accepted.
function doorIn(signed: Signed) {
  const text = Buffer.from(signed.payload, 'base64').toString();
  return Envelope.shape.hub.safeParse(Object(tryJson(text)).hub).data;
}
