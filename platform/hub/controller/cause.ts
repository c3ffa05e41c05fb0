import { isDeepStrictEqual } from 'node:util';
import type { Envelope, EnvelopeLayer } from '../../desired/envelope.ts';

const MAX = 300;

/** What is different in an envelope, for people: `web 1.0.0 → 1.1.0, + cache 2.0.0, − old`. */
export function causeOf(envelope: Envelope, last: Envelope | undefined): string {
  if (last === undefined) return 'first';
  const before = new Map(last.layers.map((layer) => [layer.name, layer]));
  const parts: string[] = [];
  for (const layer of envelope.layers) {
    const { name, pack } = layer;
    const was = before.get(name);
    if (was === undefined) parts.push(`+ ${name} ${pack.version}`);
    else if (was.pack.version !== pack.version) parts.push(`${name} ${was.pack.version} → ${pack.version}`);
    else if (!isDeepStrictEqual(plain(layer), plain(was))) parts.push(`${name} changed`);
  }
  const names = new Set(envelope.layers.map(({ name }) => name));
  for (const { name } of last.layers) if (!names.has(name)) parts.push(`− ${name}`);
  const [agent, agentBefore] = [envelope.agent?.version, last.agent?.version];
  if (agent !== agentBefore && agent !== undefined) parts.push(`agent ${agent}`);
  if (envelope.paused !== last.paused) parts.push(envelope.paused ? 'paused' : 'resumed');
  return parts.length === 0 ? 'other settings' : parts.join(', ').slice(0, MAX);
}

/** As JSON has it: what is undefined is not there. */
function plain(layer: EnvelopeLayer): unknown {
  return JSON.parse(JSON.stringify(layer));
}
