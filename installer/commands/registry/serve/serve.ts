import { Command } from 'commander';
import type { Console } from '../../../terminal/console.ts';
import { addServeOptions, type ServeCommandOptions } from './serve-options.ts';

export function serveCommand(console: Console): Command {
  return addServeOptions(new Command('serve'))
    .addHelpText(
      'after',
      '\nUntil it has users everyone may push, so it listens on this machine only unless --listen says otherwise. Once it had\nsome, pulling needs a login too unless --anonymous-pull says otherwise, and it never opens again by itself.\n\nExamples:\n  skerry registry serve --bundle stick/skerry-0.1.0.bundle.tar --listen :5000\n  skerry registry serve --store /srv/registry --anonymous-pull --listen :5000 --tls-cert tls.crt --tls-key tls.key',
    )
    .action(async (options: ServeCommandOptions, command: Command) => {
      const { runServe } = await import('./run-serve.ts');
      await runServe(console, command, options);
    });
}
