import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import semver from 'semver';
import { mapLimited } from '../../content/limit.ts';

/** What the files of a chart, and of the charts in it, speak of. */
export interface ChartMentions {
  /** Its output may depend on the version of the cluster, or it is made for some versions only. */
  readonly version: boolean;
  /** Its output may depend on which APIs the cluster serves. */
  readonly apis: boolean;
  /** Its output may differ between an install and an upgrade. */
  readonly upgrade: boolean;
  /** It asks the cluster for objects: what it then makes is known on the island alone. */
  readonly lookup: boolean;
}

const EVERYTHING: ChartMentions = { version: true, apis: true, upgrade: true, lookup: false };
/** What a chart says that asks for nothing. */
export const NOTHING: ChartMentions = { version: false, apis: false, upgrade: false, lookup: false };
const MAX_BYTES = 64 * 1024 * 1024;
const MAX_FILES = 20_000;
const WIDTH = 8;

/**
 * Searches all files of a chart, a folder or an archive: `.Capabilities` reaches templates by values and files as well,
 * so one that never says the word can't depend on the cluster. What can't be read in full counts as saying everything.
 */
export async function chartMentions(chart: string, versions: readonly string[]): Promise<ChartMentions> {
  const files = await filesOf(chart);
  if (files === undefined) return EVERYTHING;
  const found = await mapLimited(files, WIDTH, async (file) =>
    mentionsOf(file, await readFile(file), versions),
  );
  return found.reduce(both, NOTHING);
}

/** As chartMentions, of values that are given to a chart. */
export function valuesMention(values: unknown): ChartMentions {
  return textMentions(JSON.stringify(values) ?? '', []);
}

export function both(one: ChartMentions, other: ChartMentions): ChartMentions {
  return {
    version: one.version || other.version,
    apis: one.apis || other.apis,
    upgrade: one.upgrade || other.upgrade,
    lookup: one.lookup || other.lookup,
  };
}

async function filesOf(chart: string): Promise<string[] | undefined> {
  const kind = await stat(chart).catch(() => undefined);
  if (kind === undefined) return []; // helm says what is wrong
  if (!kind.isDirectory()) return [chart];
  const entries = await readdir(chart, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => !entry.isDirectory());
  // A link may lead to a folder.
  if (files.length > MAX_FILES || files.some((entry) => !entry.isFile())) return undefined;
  return files.map((entry) => join(entry.parentPath, entry.name));
}

async function mentionsOf(file: string, bytes: Buffer, versions: readonly string[]): Promise<ChartMentions> {
  const isArchive = bytes[0] === 0x1f && bytes[1] === 0x8b;
  if (!isArchive) return textMentions(bytes.toString('latin1'), versions);
  if (!/\.t?gz$/.test(file)) return EVERYTHING;
  try {
    const text = (await promisify(gunzip)(bytes, { maxOutputLength: MAX_BYTES })).toString('latin1');
    // An archive within the archive isn't opened.
    return both(textMentions(text, versions), /\.tgz\0/.test(text) ? EVERYTHING : NOTHING);
  } catch {
    return EVERYTHING;
  }
}

function textMentions(text: string, versions: readonly string[]): ChartMentions {
  const capabilities = text.includes('Capabilities');
  return {
    version: capabilities || !takesAll(text, versions),
    apis: capabilities && text.includes('APIVersions'),
    upgrade: /\bIs(?:Upgrade|Install)\b/.test(text),
    lookup: /\{\{[^}]*\blookup\s+["'(.$]/.test(text),
  };
}

/**
 * Whether what a Chart.yaml says under kubeVersion surely takes all of these versions. Helm has its own rules for
 * ranges; only those are judged here that mean the same by any. Whatever else there is, helm is asked for each version.
 */
function takesAll(text: string, versions: readonly string[]): boolean {
  if (/[{,][ \t]*["']?kubeVersion["']?[ \t]*:/.test(text) && !/^[ \t]*["']?kubeVersion/m.test(text))
    return false;
  const ranges = [...text.matchAll(/^["']?kubeVersion["']?[ \t]*:[ \t]*(.*)$/gm)];
  return ranges.every(([, value = '']) => {
    const range = value.replace(/[ \t]#.*$|["'\r]/g, '').trim();
    const parts = range.split(/[ \t]*,[ \t]*|[ \t]+(?=[<>])/);
    return parts.every((part) => versions.every((version) => isWithin(version, part)));
  });
}

function isWithin(version: string, part: string): boolean {
  if (part === '') return true;
  const [, operator, major, minor = '0', patch = '0'] =
    /^(>=|<)[ \t]*v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:-0)?$/.exec(part) ?? [];
  if (operator === undefined) return false;
  const order = semver.compare(version, `${major}.${minor}.${patch}`);
  return operator === '<' ? order < 0 : order >= 0;
}
