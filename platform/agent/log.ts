import type { Writable } from 'node:stream';
import { isSkerryError, messageOf } from '../../content/error.ts';
import type { AgentOptions } from './options.ts';

const LEVELS = { info: 30, warn: 40, error: 50, silent: 100 };

/** The agent's log: a JSON object a line, as the hub's is. */
export class AgentLog {
  readonly #stream: Pick<Writable, 'write'>;
  readonly #least: number;
  readonly #now: () => Date;

  constructor(stream: Pick<Writable, 'write'>, level: AgentOptions['logLevel'], now: () => Date) {
    this.#stream = stream;
    this.#least = LEVELS[level];
    this.#now = now;
  }

  info(fields: object, message: string): void {
    this.#write('info', fields, message);
  }

  warn(fields: object, message: string): void {
    this.#write('warn', fields, message);
  }

  error(error: unknown, message: string): void {
    this.#write(
      'error',
      { error: messageOf(error), code: isSkerryError(error) ? error.code : undefined },
      message,
    );
  }

  #write(level: 'info' | 'warn' | 'error', fields: object, msg: string): void {
    if (LEVELS[level] < this.#least) return;
    const time = this.#now().toISOString();
    const told = Object.entries(fields).flatMap(([key, value]) => [
      [key, value instanceof Error ? messageOf(value) : value],
      ...(isSkerryError(value) ? [['code', value.code]] : []),
    ]);
    this.#stream.write(`${JSON.stringify({ level, time, msg, ...Object.fromEntries(told) })}\n`);
  }
}
