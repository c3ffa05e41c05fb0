import semver from 'semver';
import { subjectOfTag } from '../../content/companion-tag.ts';
import type { TagRules } from '../file/job-schema.ts';

/** True where the rules name all that they select: nothing has to be listed. */
export function namesAll(rules: TagRules | undefined): boolean {
  if (rules === undefined) return false;
  const { names, digests, semver: range, match, newest } = rules;
  return (
    (names ?? digests) !== undefined && range === undefined && match === undefined && newest === undefined
  );
}

/** The version that a tag is, with or without a v before it; a plus stands as an underscore in tags. */
function versionOf(tag: string): semver.SemVer | undefined {
  return semver.parse(tag.replaceAll('_', '+')) ?? undefined;
}

/**
 * Of listed tags those that the rules select, in order; all when there are no rules. What cosign keeps under tags
 * belongs to an image and is no image. Of `newest` by date nothing is decided here.
 */
export function selectTags(listed: readonly string[], rules: TagRules | undefined): string[] {
  const images = listed.filter((tag) => subjectOfTag(tag) === undefined);
  if (rules === undefined) return images;
  if (namesAll(rules)) return [...new Set(rules.names ?? [])];
  const found = newestVersions(
    images.filter((tag) => fits(tag, rules)),
    rules,
  );
  return [...new Set([...(rules.names ?? []), ...found])];
}

function fits(tag: string, { semver: range, match, except, prereleases }: TagRules): boolean {
  if (range !== undefined) {
    const version = versionOf(tag);
    if (version === undefined || !semver.satisfies(version, range, { includePrerelease: prereleases }))
      return false;
  }
  return (match === undefined || wholly(match, tag)) && (except === undefined || !wholly(except, tag));
}

function wholly(expression: string, tag: string): boolean {
  return new RegExp(`^(?:${expression})$`, 'u').test(tag);
}

function newestVersions(tags: readonly string[], { newest }: TagRules): readonly string[] {
  if (newest?.by !== 'semver') return tags;
  const versions = tags.flatMap((tag) => {
    const version = versionOf(tag);
    return version === undefined ? [] : [{ tag, version }];
  });
  return versions
    .sort((a, b) => semver.rcompare(a.version, b.version) || (a.tag < b.tag ? -1 : 1))
    .slice(0, newest.count)
    .map(({ tag }) => tag);
}

/** The `count` newest by date; what has none is oldest, and of the same date the higher name is newer. */
export function newestCreated(
  dated: readonly { readonly tag: string; readonly created: number | undefined }[],
  count: number,
): string[] {
  return dated
    .toSorted((a, b) => (b.created ?? 0) - (a.created ?? 0) || (a.tag > b.tag ? -1 : 1))
    .slice(0, count)
    .map(({ tag }) => tag);
}
