import { Command } from 'commander';
import type { Console } from '../console.ts';
import { auditCommand } from './registry/audit.ts';
import { checkCommand } from './registry/check.ts';
import { gcCommand } from './registry/gc.ts';
import { hashPasswordCommand } from './registry/hash-password.ts';
import { serveCommand } from './registry/serve.ts';
import { usageCommand } from './registry/usage.ts';
import { userCommand } from './registry/user.ts';

export function registryCommand(console: Console): Command {
  return new Command('registry')
    .description('the private registry')
    .addCommand(serveCommand(console))
    .addCommand(checkCommand(console))
    .addCommand(gcCommand(console))
    .addCommand(usageCommand(console))
    .addCommand(userCommand(console))
    .addCommand(auditCommand(console))
    .addCommand(hashPasswordCommand(console));
}
