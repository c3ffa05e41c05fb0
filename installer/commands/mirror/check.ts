import { Command } from 'commander';
import { verdictOfCheck } from '../../../mirror/run/verdict.ts';
import type { Console } from '../../terminal/console.ts';
import { addLook } from './look-at-mirror.ts';
import { describeCheck } from './plan-report.ts';

export function checkMirrorCommand(console: Console): Command {
  const command = new Command('check')
    .description('say whether the target is what the mirror file asks for; nothing is changed')
    .addHelpText(
      'after',
      '\nExit codes: 0 both sides are the same, 1 nothing could be asked, 6 some items could not be compared, 7 they differ.\n\nExample:\n  skerry mirror check mirror.yaml',
    );
  return addLook(console, command, { costs: false, describe: describeCheck, verdict: verdictOfCheck });
}
