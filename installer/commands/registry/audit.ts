import { Command } from 'commander';
import { globalOptions } from '../../terminal/cli-options.ts';
import type { Console } from '../../terminal/console.ts';

export interface VerifyOptions {
  readonly store?: string;
  readonly contains?: string;
}

export function auditCommand(console: Console): Command {
  const audit = new Command('audit');
  audit
    .command('verify')
    .description('check that nothing in an audit log was changed, cut out or put in')
    .argument('[files...]', 'logs that follow each other, the oldest first')
    .option('--store <folder>', 'the log in the folder that a registry serves; $SKERRY_STORE without files')
    .option('--contains <hash>', 'the head that was noted at an earlier check: it must still be there')
    .addHelpText(
      'after',
      '\nNote the head that it prints somewhere else: given with --contains next time, it shows that nothing\nbefore it was changed and that no lines were cut off at the end.\n\nExamples:\n  skerry registry audit verify --store /srv/registry\n  skerry registry audit verify audit.log.1 audit.log',
    )
    .action(async (files: readonly string[], options: VerifyOptions, command: Command) => {
      const { runAuditVerify } = await import('./run-audit-verify.ts');
      await runAuditVerify(console, files, options, globalOptions(command).output);
    });
  return audit;
}
