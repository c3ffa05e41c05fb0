import { Command } from 'commander';
import { verdictOf } from '../../../mirror/run/verdict.ts';
import type { Console } from '../../terminal/console.ts';
import { addLook } from './look-at-mirror.ts';
import { describePlans } from './plan-report.ts';

export function planMirrorCommand(console: Console): Command {
  const command = new Command('plan')
    .description('say what a run would copy and delete, in bytes and requests; nothing is changed')
    .addHelpText('after', '\nExample:\n  skerry mirror plan mirror.yaml');
  return addLook(console, command, { costs: true, describe: describePlans, verdict: verdictOf });
}
