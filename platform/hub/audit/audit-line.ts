import { z } from 'zod';
import type { AuditEntry } from './audit.ts';

const Mark = z.object({ number: z.int(), hash: z.string() });

/** What the hub reads back of its own lines. */
export const AuditLine = z.object({
  time: z.string(),
  id: z.string(),
  actor: z.string(),
  action: z.string(),
  subject: z.string(),
  result: z.string(),
  code: z.string().optional(),
  detail: z.string().optional(),
  request: z.string().optional(),
  event: z.object({ stream: z.string(), ...Mark.shape }).optional(),
  /** Of a line that says that pages have left: the last events that were in them. */
  marks: z.record(z.string(), Mark).optional(),
  prev: z.string(),
});
export type AuditLine = z.infer<typeof AuditLine>;

/** An entry with all that its line says but what it is chained to. */
export type Unchained = Omit<AuditLine, 'prev'>;

/** `id` is unique to the entry, so that a write whose answer was lost is found and not repeated. */
export function unchained(entry: AuditEntry, id: string, now: Date): Unchained {
  const { actor, action, subject, outcome, code, detail, request, at, event } = entry;
  return {
    time: (at ?? now).toISOString(),
    id,
    actor: cut(actor, 300),
    action: cut(action, 63),
    subject: cut(subject, 500),
    result: outcome,
    ...(code === undefined ? {} : { code: cut(code, 63) }),
    ...(detail === undefined ? {} : { detail: cut(detail, 500) }),
    ...(request === undefined ? {} : { request: cut(request, 63) }),
    ...(event === undefined ? {} : { event: { ...event, stream: cut(event.stream, 250) } }),
  };
}

/** The line as the chain has it; `time` first and `prev` last, as in the registry's log. */
export function lineText(entry: Unchained, prev: string): string {
  return JSON.stringify({ ...entry, prev });
}

// JSON writes a control character in six bytes, and UTF-8 a letter in up to four.
function cut(text: string, length: number): string {
  const plain = text.replace(/\p{Cc}/gu, ' ').toWellFormed();
  return plain.length <= length ? plain : `${plain.slice(0, length - 1).toWellFormed()}…`;
}
