import { findFile } from '../../../bundle/files/file-artifact.ts';
import { receiveBlobFile } from '../../../content/bytes/blob-file.ts';
import { measureFile } from '../../../content/bytes/file-measure.ts';
import { contentError } from '../../../content/errors.ts';
import type { BlobSource } from '../../../content/store.ts';
import { chooseItems } from '../../copy/chosen-items.ts';
import { openSource } from '../../copy/content-location.ts';
import { type Console, type OutputFormat, print } from '../../terminal/console.ts';
import { runSteps } from '../../terminal/steps.ts';
import { formatBytes } from '../../terminal/units.ts';
import type { ExtractCommandOptions } from '../bundle/extract.ts';

interface ExtractInput {
  readonly from: string;
  readonly name: string;
  readonly options: ExtractCommandOptions;
  readonly output: OutputFormat;
  readonly signal: AbortSignal;
}

/** Writes the file that an artifact is, and compares it with its digest. */
export async function runExtract(
  console: Console,
  { from, name, options, output, signal }: ExtractInput,
): Promise<void> {
  const opened = await openSource(from, console.env, options);
  try {
    const { source, items } = await chooseItems(opened.store, [name], {}, signal);
    const [item] = items;
    if (item === undefined) throw contentError('CONTENT_NOT_FOUND', { subject: name, detail: from });
    const layer = await findFile(source, item.repository, item.reference, { signal });
    const path = options.out;
    const { digest, size } = layer;
    const run = async (report: (text: string) => void) => {
      const bytes: BlobSource = async (offset) => {
        const reader = await source.readBlob(item.repository, digest, { offset, size, signal });
        if (reader === undefined) throw contentError('CONTENT_NOT_FOUND', { subject: digest, detail: from });
        return told(reader.stream, offset, (done) => report(`${formatBytes(done)} of ${formatBytes(size)}`));
      };
      const target = { path, partial: `${path}.partial`, subject: path };
      const isThere = await measureFile(path, { signal }).then(
        (found) => found.digest === digest,
        () => false,
      );
      if (!isThere) await receiveBlobFile(target, layer, bytes, { signal });
      return formatBytes(size);
    };
    await runSteps(console, output, [{ title: `Extract ${name} to ${path}`, run }]);
    print(console, output, { file: path, digest, bytes: size }, () => `${path}  ${digest}`);
  } finally {
    await opened.close();
  }
}

async function* told(bytes: AsyncIterable<Uint8Array>, offset: number, tell: (done: number) => void) {
  let done = offset;
  for await (const chunk of bytes) {
    done += chunk.byteLength;
    yield chunk;
    tell(done);
  }
}
