import { Command } from 'commander';
import type { Console } from '../console.ts';
import { hashPasswordCommand } from './registry/hash-password.ts';
import { serveCommand } from './registry/serve.ts';

export function registryCommand(console: Console): Command {
  return new Command('registry')
    .description('the private registry')
    .addCommand(serveCommand(console))
    .addCommand(hashPasswordCommand(console));
}
