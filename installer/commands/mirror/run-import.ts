import { readFile } from 'node:fs/promises';
import { fileSize, replaceFile } from '../../../content/bytes/blob-file.ts';
import { messageOf } from '../../../content/error.ts';
import { mirrorError } from '../../../mirror/errors.ts';
import { formatMirror, importConfiguration } from '../../../mirror/import/import-file.ts';
import { installerError } from '../../errors.ts';
import { type Console, type OutputFormat, print } from '../../terminal/console.ts';
import type { ImportOptions } from './import.ts';

export async function runImport(
  console: Console,
  path: string,
  { out, name, to }: ImportOptions,
  output: OutputFormat,
): Promise<void> {
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
}
