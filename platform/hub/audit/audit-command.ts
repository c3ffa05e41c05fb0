import { Command } from 'commander';
import { type AuditExportContext, auditExportCommand } from './audit-export.ts';

/** `skerry audit`: the hub's audit, taken out of its cluster and checked anywhere. */
export function hubAuditCommand(context: AuditExportContext): Command {
  const audit = new Command('audit');
  audit
    .command('verify')
    .description('check that nothing in an exported audit was changed, cut out or put in')
    .argument('<files...>', 'exported audits that follow each other, the oldest first')
    .option('--contains <hash>', 'the head that was noted at an earlier check: it must still be there')
    .action(async (files: string[], flags: { contains?: string }, command: Command) => {
      const { runAuditVerify } = await import('./run-audit-verify.ts');
      await runAuditVerify(context, files, flags, command);
    });
  audit.addCommand(auditExportCommand(context));
  return audit;
}
