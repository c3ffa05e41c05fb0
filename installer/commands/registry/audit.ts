import { Command } from 'commander';
import { verifyAudit } from '../../../registry/audit/verify-audit.ts';
import { registryError } from '../../../registry/errors.ts';
import { globalOptions } from '../../cli-options.ts';
import { type Console, print } from '../../console.ts';
import { installerError } from '../../errors.ts';
import { auditFileOf } from './store-files.ts';

interface VerifyOptions {
  readonly store?: string;
  readonly contains?: string;
}

export function auditCommand(console: Console): Command {
  const audit = new Command('audit').description('the log of changes and logins');
  audit
    .command('verify')
    .description('check that nothing in an audit log was changed, cut out or put in')
    .argument('[files...]', 'logs that follow each other, the oldest first')
    .option('--store <folder>', 'the log in the folder that a registry serves; $SKERRY_STORE without files')
    .option('--contains <hash>', 'the head that was noted at an earlier check: it must still be there')
    .addHelpText(
      'after',
      '\nNote the head that it prints somewhere else: given with --contains next time, it shows that nothing\nbefore it was changed and that the end was not cut off.\n\nExamples:\n  skerry registry audit verify --store /srv/registry\n  skerry registry audit verify audit.log.1 audit.log',
    )
    .action(async (files: readonly string[], { store, contains }: VerifyOptions, command: Command) => {
      const folder = store ?? (files.length === 0 ? console.env.SKERRY_STORE : undefined);
      const paths = folder ? [...files, auditFileOf(folder)] : files;
      if (paths.length === 0) {
        throw installerError('USAGE', {
          subject: 'skerry registry audit verify',
          detail: 'give files, --store or both, or name the store in SKERRY_STORE',
        });
      }
      if (contains !== undefined && !/^[0-9a-f]{64}$/.test(contains)) {
        throw installerError('USAGE', {
          subject: '--contains',
          detail: 'a head has 64 hexadecimal digits',
        });
      }
      const { lines, head, broken } = await verifyAudit(paths, contains).catch((cause: unknown) => {
        throw registryError('REGISTRY_AUDIT_UNUSABLE', {
          subject: paths.join(', '),
          remedy: 'Give files that are there and may be read.',
          cause,
        });
      });
      if (broken !== undefined) {
        throw registryError('REGISTRY_AUDIT_BROKEN', {
          subject: paths.join(', '),
          detail: `line ${broken.line}: ${broken.why}`,
        });
      }
      print(console, globalOptions(command).output, { files: paths, lines, head }, () =>
        [`lines   ${lines}, all as they were written`, `head    ${head}`].join('\n'),
      );
    });
  return audit;
}
