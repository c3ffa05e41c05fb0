import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import { fileSize, replaceFile } from '../../../content/bytes/blob-file.ts';
import { messageOf } from '../../../content/error.ts';
import { mirrorError } from '../../../mirror/errors.ts';
import { formatMirror, importConfiguration } from '../../../mirror/import/import-file.ts';
import { installerError } from '../../errors.ts';
import { globalOptions } from '../../terminal/cli-options.ts';
import { type Console, print } from '../../terminal/console.ts';

interface ImportOptions {
  readonly out?: string;
  readonly name: string;
  readonly to: string;
}

export function importMirrorCommand(console: Console): Command {
  return new Command('import')
    .description('make a mirror.yaml of a configuration of regsync or oc-mirror')
    .argument('<file>', 'a regsync.yml, or an ImageSetConfiguration')
    .option('-o, --out <file>', 'write it there, where no file is yet, instead of to standard output')
    .option('--name <name>', 'the name of the mirror', 'imported')
    .option('--to <location>', 'where images of an ImageSetConfiguration go', 'mirror')
    .addHelpText(
      'after',
      '\nWhat has no place in a mirror.yaml is named on standard error and in comments at the front of the file.\n\nExample:\n  skerry mirror import regsync.yml --out mirror.yaml',
    )
    .action(async (path: string, { out, name, to }: ImportOptions, command: Command) => {
      const { output } = globalOptions(command);
      if (out !== undefined && (await fileSize(out)) !== undefined)
        throw installerError('USAGE', {
          subject: `--out ${out}`,
          detail: 'there is such a file already, which may have been edited',
          remedy: 'Give another name, or remove the file.',
        });
      const text = await readFile(path, 'utf8').catch((cause: unknown) => {
        throw mirrorError('MIRROR_IMPORT_INVALID', { subject: path, detail: messageOf(cause), cause });
      });
      const imported = importConfiguration(text, path, { name, to });
      const yaml = formatMirror(imported);
      if (out !== undefined) await replaceFile(out, yaml);
      const told = out === undefined ? yaml : `${imported.mirror.jobs.length} jobs written to ${out}`;
      print(console, output, imported, () => told);
      if (output === 'json') return;
      for (const { where, why } of imported.unmapped) console.stderr.write(`not mapped: ${where}: ${why}\n`);
    });
}
