import { Command } from 'commander';
import type { Console } from '../terminal/console.ts';
import { checkMirrorCommand } from './mirror/check.ts';
import { mirrorCredentialsCommand } from './mirror/credentials.ts';
import { importMirrorCommand } from './mirror/import.ts';
import { planMirrorCommand } from './mirror/plan.ts';
import { runMirrorCommand } from './mirror/run.ts';
import { mirrorStatusCommand } from './mirror/status.ts';

export function mirrorCommand(console: Console): Command {
  return new Command('mirror')
    .addCommand(planMirrorCommand(console))
    .addCommand(runMirrorCommand(console))
    .addCommand(checkMirrorCommand(console))
    .addCommand(mirrorStatusCommand(console))
    .addCommand(importMirrorCommand(console))
    .addCommand(mirrorCredentialsCommand(console));
}
