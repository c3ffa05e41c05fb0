import type { Exchange } from './exchange.ts';

/**
 * The Warning header of an answer (distribution-spec, "Warnings"): its code is always 299, its agent `-`, and it has no
 * date. Clients show it as it is, so quotes and what is not printable are left out. The request log has it as well.
 */
export function warningOf(exchange: Exchange, text: string | undefined): Record<string, string> {
  if (text === undefined) return {};
  exchange.warning = text;
  return { warning: `299 - "${text.replace(/[^ -~]|["\\]/g, '').slice(0, MAX_TEXT)}"` };
}

/** All warnings of an answer together may have 4096 bytes; there is one. */
const MAX_TEXT = 1024;
