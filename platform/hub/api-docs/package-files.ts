import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { brotliCompress, constants } from 'node:zlib';
import type { EmbeddedFile } from '../http/embedded-file.ts';
import { DOCS_PAGE, DOCS_START } from './docs-page.ts';

const compress = promisify(brotliCompress);

/** Of the package, and what its licences ask to go along. */
const PACKAGE_FILES = [
  'swagger-ui-bundle.js',
  'swagger-ui.css',
  'swagger-ui-bundle.js.LICENSE.txt',
  'LICENSE',
  'NOTICE',
] as const;

/** Compressed as much as it can be, or less and quickly. */
export async function packageFiles(quality: number = constants.BROTLI_MAX_QUALITY): Promise<EmbeddedFile[]> {
  const params = { [constants.BROTLI_PARAM_QUALITY]: quality };
  const folder = import.meta.resolve('swagger-ui-dist/package.json');
  const texts = PACKAGE_FILES.map(async (path) => {
    const text = await readFile(new URL(path, folder), 'utf8');
    // Maps are for those who change it, and are not here.
    return [
      path,
      text.replace(/\n?\/\/# sourceMappingURL=.*\s*$|\n?\/\*# sourceMappingURL=.*\*\/\s*$/, '\n'),
    ] as const;
  });
  const own = [
    ['index.html', DOCS_PAGE],
    ['start.js', DOCS_START],
  ] as const;
  const all = [...(await Promise.all(texts)), ...own];
  return await Promise.all(
    all.map(async ([path, text]) => ({ path, brotli: await compress(text, { params }) })),
  );
}
