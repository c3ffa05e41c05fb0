import { tmpdir } from 'node:os';
import { platformError } from '../errors.ts';
import { frontCalls } from './front.ts';
import { speaksProtocol } from './plugin/handshake.ts';
import { logLine } from './plugin/log-line.ts';
import { watchParent } from './plugin/orphan.ts';
import { servePlugin } from './plugin/serve.ts';

/** Is a provider until the core that started it says so, or is gone. Gives the exit code. */
export async function runProvider(process: NodeJS.Process): Promise<number> {
  const { env } = process;
  if (!speaksProtocol(env)) {
    const { message } = platformError('PROVIDER_VALUE_INVALID', {
      subject: 'PLUGIN_PROTOCOL_VERSIONS',
      detail: String(env.PLUGIN_PROTOCOL_VERSIONS),
    });
    process.stderr.write(`${message}\n`);
    return 1;
  }
  const ended = new AbortController();
  const stopped = new AbortController();
  // The core gets the terminal's signals too, and says by StopProvider what is to become of the work.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => ended.abort());
  const leave = watchParent(
    () => process.ppid,
    () => {
      stopped.abort();
      ended.abort();
    },
  );
  await servePlugin({
    env,
    now: new Date(),
    temporary: tmpdir(),
    say: (line) => process.stdout.write(line),
    calls: frontCalls({
      stopped,
      // What talks to hubs is loaded when there is one: most starts are for the schema alone.
      open: async (setting) => await (await import('./open-hub.ts')).openHub(setting, env),
      log: (message) => process.stderr.write(logLine(message, new Date())),
    }),
    signal: ended.signal,
  });
  leave();
  return 0;
}
