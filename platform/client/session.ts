import type { Command } from 'commander';
import { platformError } from '../errors.ts';
import { HubConnection } from './connection/connection.ts';
import { HubClient } from './hub-client.ts';
import { freshLogin, tokenOf } from './login/fresh-login.ts';
import { type Kind, Objects, type StoredObject } from './objects/objects.ts';
import { printEvent, printResult } from './output/print-result.ts';
import { type Output, outputOf, type Terminal } from './output/terminal.ts';

/** One run of a command against the hub that was logged in to. */
export interface Session {
  readonly hub: HubClient;
  readonly terminal: Terminal;
  readonly output: Output;
  readonly signal: AbortSignal;
  readonly url: string;
  /** The project that is meant. Throws PROJECT_UNNAMED. */
  readonly project: () => string;
  readonly objects: <T extends StoredObject>(kind: Kind<T>, project?: string) => Objects<T>;
  /** As objects, of all projects. */
  readonly everywhere: <T extends StoredObject>(kind: Kind<T>) => Objects<T>;
  readonly print: (value: unknown, text: () => string) => void;
  readonly printEvent: (value: unknown, text: () => string) => void;
  /** Says something to a person, not to a program. */
  readonly say: (line: string) => void;
  /** Asks before something is done that can't be undone. Throws NOT_CONFIRMED. */
  readonly confirm: (question: string) => Promise<void>;
}

interface SessionOptions {
  readonly project?: string;
  readonly yes?: boolean;
}

/** Runs `work` with the hub that was logged in to, in the project that the command's options name. */
export async function inSession(
  terminal: Terminal,
  command: Command,
  work: (session: Session) => Promise<void>,
): Promise<void> {
  const output = outputOf(command);
  const options = command.opts<SessionOptions>();
  await terminal.interruptible(output, async (signal) => {
    const login = await freshLogin(terminal.env, terminal.now);
    const token = tokenOf(login, terminal.env, terminal.now);
    const connection = new HubConnection({ url: login.url, ca: login.ca, token });
    const project = () => projectOf(options.project, terminal.env.SKERRY_PROJECT, login.project);
    try {
      await work({
        hub: new HubClient(connection),
        terminal,
        output,
        signal,
        url: login.url,
        project,
        objects: (kind, of) => new Objects(connection, kind, of ?? project(), signal),
        everywhere: (kind) => new Objects(connection, kind, undefined, signal),
        print: (value, text) => printResult(terminal, output, value, text),
        printEvent: (value, text) => printEvent(terminal, output, value, text),
        say: (line) => terminal.stderr.write(`${line}\n`),
        confirm: async (question) => {
          if (options.yes !== true) await terminal.confirm(namesOf(command), question, signal);
        },
      });
    } finally {
      await connection.close();
    }
  });
}

function projectOf(...candidates: readonly (string | undefined)[]): string {
  const project = candidates.find((candidate) => candidate !== undefined && candidate !== '');
  if (project === undefined) throw platformError('PROJECT_UNNAMED', { subject: 'skerry' });
  return project;
}

function namesOf(command: Command): string {
  const names: string[] = [];
  for (let at: Command | null = command; at !== null; at = at.parent) names.unshift(at.name());
  return names.join(' ');
}
