import { BUNDLE_SUFFIX } from '../bundle-name.ts';

/** `NAME.vol01.tar`. */
const VOLUME_NAME = /^(?<bundle>.*)\.vol(?<number>\d{2,4})\.tar$/;

/** The path of a volume of the bundle that would have this one if it were whole. */
export function volumePath(path: string, number: number, total: number): string {
  const width = Math.max(2, String(total).length);
  return `${bundleOf(path)}.vol${String(number).padStart(width, '0')}.tar`;
}

export function isVolumeName(name: string): boolean {
  return VOLUME_NAME.test(name);
}

/** What all files of one bundle are called alike, whole or in volumes: `skerry-1.0.0`. */
export function bundleOf(name: string): string {
  const { bundle } = VOLUME_NAME.exec(name)?.groups ?? {};
  if (bundle !== undefined) return bundle;
  return name.endsWith(BUNDLE_SUFFIX) ? name.slice(0, -BUNDLE_SUFFIX.length) : name.replace(/\.tar$/, '');
}

/** True for the name of a bundle or of a volume of one. */
function isBundleFile(name: string): boolean {
  return name.endsWith(BUNDLE_SUFFIX) || isVolumeName(name);
}

/** One name for each bundle among the files of a folder: its own, or that of the first of its volumes. */
export function bundleNames(names: readonly string[]): string[] {
  const found = new Map<string, string>();
  for (const name of names.filter(isBundleFile).sort()) {
    const key = isVolumeName(name) ? `${bundleOf(name)} in volumes` : name;
    if (!found.has(key)) found.set(key, name);
  }
  return [...found.values()];
}
