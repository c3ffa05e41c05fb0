import { z } from 'zod';
import type { Session } from '../session.ts';

const Warned = z.looseObject({
  warnings: z.array(z.looseObject({ code: z.string(), path: z.string(), detail: z.string() })).optional(),
});

/** Says what an object that was just written waits for. */
export function sayWarnings(session: Pick<Session, 'say'>, object: unknown): void {
  for (const warning of Warned.safeParse(object).data?.warnings ?? [])
    session.say(`to come: ${faultText(warning)}`);
}

/** A fault in one line. */
export function faultText({ code, path, detail }: { code: string; path: string; detail: string }): string {
  return path === '' ? `${code} ${detail}` : `${code} ${path}: ${detail}`;
}
