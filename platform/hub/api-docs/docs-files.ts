import { type EmbeddedFile, unpackFiles } from '../http/embedded-file.ts';

/** The files as packFiles makes them, where everything is built into one program; scripts/bundle-code.ts puts it here. */
declare const API_DOCS_FILES: string | undefined;

const QUICK = 4;

/** Swagger UI: as the program was built with it, or out of its package where the hub runs from its sources. */
export async function docsFiles(): Promise<ReadonlyMap<string, EmbeddedFile>> {
  return new Map((await allFiles()).map((file) => [file.path, file]));
}

async function allFiles(): Promise<readonly EmbeddedFile[]> {
  // Written so that what reads the package does not come along where everything is built.
  if (typeof API_DOCS_FILES === 'undefined') {
    const { packageFiles } = await import('./package-files.ts');
    return await packageFiles(QUICK);
  }
  return unpackFiles(API_DOCS_FILES);
}
