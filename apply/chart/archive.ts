import { gunzipSync, gzipSync } from 'node:zlib';
import { messageOf } from '../../content/error.ts';
import { applyError } from '../errors.ts';

/** The files of a chart by their path within it (`templates/web.yaml`), in the order of their paths. */
export type ChartFiles = ReadonlyMap<string, Buffer>;

/** Helm's own limit for all files of a chart together. */
const MAX_BYTES = 100 * 1024 * 1024;
const MAX_FILES = 20_000;
const MAX_PATH = 1000;
const PLAIN_FILES: ReadonlySet<string> = new Set(['File', 'OldFile', 'ContiguousFile']);

/**
 * Reads a chart's `.tgz`, which may come from anybody: only plain files below one folder, whose name does not count.
 * Throws CHART_ARCHIVE_INVALID.
 */
export async function readChartArchive(archive: Uint8Array, subject: string): Promise<ChartFiles> {
  const files = new Map<string, Buffer>();
  const roots = new Set<string>();
  for (const { path, type, data } of await entriesOf(archive, subject)) {
    const parts = partsOf(path, subject);
    const [root = '', ...inside] = parts;
    if (!PLAIN_FILES.has(type)) throw invalid(subject, `${path} is a ${type}`);
    roots.add(root);
    const name = inside.join('/');
    if (name === '' || roots.size > 1) throw invalid(subject, `${path} is outside the chart's folder`);
    if (files.has(name)) throw invalid(subject, `${path} is there twice`);
    files.set(name, data);
  }
  if (!files.has('Chart.yaml')) throw invalid(subject, 'no Chart.yaml in it');
  return new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Writes files as the archive of a chart called `name`: no times, owners or rights, the same bytes for the same files. */
export async function writeChartArchive(name: string, files: ChartFiles): Promise<Buffer> {
  const { Header, Pax } = await import('tar');
  const blocks: Buffer[] = [];
  for (const [path, data] of files) {
    const entry = {
      path: `${name}/${path}`,
      size: data.byteLength,
      mode: 0o644,
      mtime: new Date(0),
      type: 'File',
    } as const;
    const header = new Header(entry);
    const block = Buffer.alloc(BLOCK);
    // A name that the header has no room for, or that isn't ASCII, travels in a record before it.
    if (header.encode(block, 0)) blocks.push(new Pax({ path: entry.path }).encode());
    blocks.push(block, data, Buffer.alloc(-data.byteLength & (BLOCK - 1)));
  }
  blocks.push(Buffer.alloc(2 * BLOCK));
  return gzipSync(Buffer.concat(blocks), { level: 9 });
}

const BLOCK = 512;

interface Entry {
  readonly path: string;
  readonly type: string;
  readonly data: Buffer;
}

async function entriesOf(archive: Uint8Array, subject: string): Promise<Entry[]> {
  const { Parser } = await import('tar');
  let tar: Buffer;
  try {
    tar = gunzipSync(archive, { maxOutputLength: MAX_BYTES + MAX_FILES * 3 * BLOCK });
  } catch (cause) {
    throw invalid(subject, messageOf(cause), cause);
  }
  const entries: Entry[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const parser = new Parser({
    strict: true,
    onReadEntry: (entry) => {
      const chunks: Buffer[] = [];
      entry.on('data', (chunk: Buffer) => chunks.push(chunk));
      entry.on('end', () => {
        if (entry.type === 'Directory' || entry.type === 'GNUDumpDir') return;
        entries.push({ path: entry.path, type: entry.type, data: Buffer.concat(chunks) });
        if (entries.length > MAX_FILES) reject(invalid(subject, `more than ${MAX_FILES} files`));
      });
    },
  });
  parser.on('end', () => resolve());
  parser.on('error', (cause: unknown) => reject(invalid(subject, messageOf(cause), cause)));
  parser.end(tar);
  await promise;
  return entries;
}

function partsOf(path: string, subject: string): string[] {
  const parts = path.replace(/^(?:\.\/)+/, '').split('/');
  const bad =
    path.length > MAX_PATH ||
    path.startsWith('/') ||
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    /[\u0000-\u001f\\]|^[A-Za-z]:/.test(path) ||
    parts.some((part) => part === '' || part === '.' || part === '..');
  if (bad) throw invalid(subject, `the path ${path.slice(0, MAX_PATH)}`);
  return parts;
}

function invalid(subject: string, detail: string, cause?: unknown) {
  return applyError('CHART_ARCHIVE_INVALID', { subject, detail, cause });
}
