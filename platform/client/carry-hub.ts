import type { Command } from 'commander';
import type { Terminal } from './output/terminal.ts';

interface Request {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: unknown;
}

/** The hub of the login, as commands of other rooms use it. */
interface CarryHub {
  readonly url: string;
  readonly project: () => string;
  readonly send: (request: Request, signal: AbortSignal) => Promise<unknown>;
}

export function carryHubOf(terminal: Terminal) {
  return async (
    command: Command,
    work: (hub: CarryHub, signal: AbortSignal) => Promise<void>,
  ): Promise<void> => {
    const { inSession } = await import('./session.ts');
    await inSession(terminal, command, async ({ hub, url, project, signal }) => {
      const send: CarryHub['send'] = async (request, ends) =>
        (await hub.connection.send({ ...request, signal: ends })).body;
      await work({ url, project, send }, signal);
    });
  };
}
