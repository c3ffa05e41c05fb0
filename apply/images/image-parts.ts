import { tryParseReference } from '../../content/reference.ts';
import { type PartRole, partOf } from './key-words.ts';
import { hostOf, type Likelihood, likelihoodOf } from './likelihood.ts';

export interface PartsImage {
  readonly reference: string;
  readonly likelihood: Likelihood;
  /** The names of the fields that it was put together from, the one of its name first. */
  readonly keys: readonly string[];
}

/** What the fields around say for all below: `hub` and `tag` of a whole set of images. */
export interface Inherited {
  readonly registry?: string | undefined;
  readonly tag?: string | undefined;
  /** Put behind a tag with a dash by some: `variant: distroless`. */
  readonly variant?: string | undefined;
}

export interface PartsContext {
  readonly inherited?: Inherited | undefined;
  /** The fields stand below a name that speaks of images. */
  readonly amongImages?: boolean | undefined;
}

interface Part {
  readonly key: string;
  readonly word: string;
  readonly text: string;
}
type Parts = Partial<Record<PartRole, Part>>;

/**
 * Images that are written in parts: registry, repository, image, name, tag, version, digest. The fields of one object
 * or the variables of one container, told apart by what their names have before the part.
 */
export function imagesInParts(
  fields: ReadonlyMap<string, unknown>,
  context: PartsContext = {},
): PartsImage[] {
  return [...groupsOf(fields).values()].flatMap((parts) => imagesOf(parts, context));
}

/** What these fields say for the objects below them. */
export function inheritedFrom(fields: ReadonlyMap<string, unknown>, outer: Inherited): Inherited {
  const own = groupsOf(fields).get('');
  return {
    registry: own?.registry?.text ?? outer.registry,
    tag: own?.tag?.text ?? outer.tag,
    variant: own?.variant?.text ?? outer.variant,
  };
}

function groupsOf(fields: ReadonlyMap<string, unknown>): Map<string, Parts> {
  const groups = new Map<string, Parts>();
  for (const [key, value] of fields) {
    const part = partOf(key);
    if (part === undefined || (typeof value !== 'string' && typeof value !== 'number') || value === '')
      continue;
    const parts = groups.get(part.group) ?? {};
    // Of tag and version the tag counts.
    if (part.role === 'tag' && parts.tag?.word === 'tag') continue;
    groups.set(part.group, { ...parts, [part.role]: { key, word: part.word, text: String(value) } });
  }
  return groups;
}

function imagesOf(parts: Parts, context: PartsContext): PartsImage[] {
  const version = versionOf(parts);
  const images = basesOf(parts)
    .flatMap((base) => {
      if (hasVersion(base.text)) return base.joined ? [imageOf(base.text, base)] : [];
      return [
        ...withVersion(base, version, context),
        ...(parts.registry === undefined ? withInherited(base, version, context) : []),
      ];
    })
    .filter((image) => image !== undefined);
  return [...images, ...variantsOf(images, parts.variant?.text ?? context.inherited?.variant)];
}

// Whatever else a variant may be, one that stands behind a tag is an image that the same place could mean.
function variantsOf(images: readonly PartsImage[], variant: string | undefined): PartsImage[] {
  if (variant === undefined || !/^[a-z0-9][a-z0-9._-]*$/.test(variant)) return [];
  return images
    .filter(({ reference }) => /:[^/@]+$/.test(reference) && !reference.endsWith(`-${variant}`))
    .map(({ reference }) => `${reference}-${variant}`)
    .filter((reference) => tryParseReference(reference) !== undefined)
    .map((reference) => ({ reference, likelihood: 'possible', keys: [] }));
}

function withVersion(
  base: Base,
  version: Version | undefined,
  { amongImages = false, inherited = {} }: PartsContext,
) {
  if (version !== undefined) {
    const counts = base.sure || amongImages || isName(base.text);
    return counts ? [imageOf(base.text + version.text, base, version.keys)] : [];
  }
  if (base.joined) return [imageOf(base.text, base)];
  // `version: v1, image: {repository: quay.io/acme/x}`
  const further = base.sure && isName(base.text) ? inherited.tag : undefined;
  return further === undefined ? [] : [imageOf(`${base.text}:${further}`, { ...base, perhaps: true })];
}

function withInherited(base: Base, version: Version | undefined, { inherited = {} }: PartsContext) {
  const { registry, tag } = inherited;
  if (registry === undefined || !base.inherits || hostOf(base.text) !== undefined) return [];
  const end = version ?? (tag === undefined ? undefined : { text: `:${tag}`, keys: [] });
  if (end === undefined) return [];
  return [imageOf(`${registry}/${base.text}${end.text}`, base, end.keys)];
}

interface Base {
  readonly text: string;
  readonly keys: readonly string[];
  /** With a tag beside it, it can be nothing but an image. */
  readonly sure: boolean;
  /** It is put together from two parts. */
  readonly joined: boolean;
  /** A registry further out may belong to it. */
  readonly inherits: boolean;
  /** It could be meant otherwise. */
  readonly perhaps?: boolean | undefined;
}

/** The names, without tag, that the parts can make; most often one. */
function basesOf({ registry, repository, image, name }: Parts): Base[] {
  const path = repository ?? image ?? name;
  if (path === undefined) return [];
  if (repository !== undefined && image !== undefined) {
    if (hostOf(image.text) !== undefined || hasVersion(image.text))
      return [baseOf([image], true, false), baseOf([repository], true, false)];
    // NVIDIA's way: the repository is what all images share. An image that is whole in itself needs nothing.
    const joined = baseOf([repository, image], true, true);
    return [registry === undefined ? joined : prefixed(registry, joined)];
  }
  const own = baseOf([path], path !== name, false, path !== name);
  const shared =
    repository !== undefined && name !== undefined && isSharedBy(repository.text, name.text)
      ? [{ ...baseOf([repository, name], true, true), perhaps: true }]
      : [];
  if (registry === undefined || hostOf(path.text) !== undefined) return [own, ...shared];
  if (path === name && !isName(`${registry.text}/${name?.text}`)) return [];
  return [prefixed(registry, { ...own, sure: true })];
}

// In `repository: quay.io/acme, name: x` the name may be that of the image, or of anything.
function isSharedBy(repository: string, name: string): boolean {
  return (
    hostOf(`${repository}/`) !== undefined && /^[a-z0-9._-]+$/.test(name) && !repository.endsWith(`/${name}`)
  );
}

function baseOf(parts: readonly Part[], sure: boolean, joined: boolean, inherits = true): Base {
  return {
    text: parts.map(({ text }) => text.replace(/\/+$/, '')).join('/'),
    keys: parts.toReversed().map(({ key }) => key),
    sure,
    joined,
    inherits,
  };
}

function prefixed(registry: Part, base: Base): Base {
  return {
    ...base,
    text: `${registry.text.replace(/\/+$/, '')}/${base.text}`,
    keys: [...base.keys, registry.key],
    joined: true,
  };
}

interface Version {
  /** With its colon or at sign. */
  readonly text: string;
  readonly keys: readonly string[];
}

function versionOf({ tag, digest }: Parts): Version | undefined {
  const hash = /^(?:@?sha256:)?([0-9a-f]{64})$/;
  const digestHex = hash.exec(digest?.text ?? '')?.[1];
  if (digest !== undefined && digestHex !== undefined) {
    const named = tag === undefined ? '' : `:${tag.text}`;
    return {
      text: `${named}@sha256:${digestHex}`,
      keys: [digest.key, ...(tag === undefined ? [] : [tag.key])],
    };
  }
  if (tag === undefined) return undefined;
  const tagHex = hash.exec(tag.text)?.[1];
  return { text: tagHex === undefined ? `:${tag.text}` : `@sha256:${tagHex}`, keys: [tag.key] };
}

function imageOf(
  reference: string,
  { keys, perhaps = false }: Base,
  more: readonly string[] = [],
): PartsImage | undefined {
  const likelihood = likelihoodOf(reference, { key: 'image', whole: true });
  if (likelihood === undefined) return undefined;
  return {
    reference,
    likelihood: perhaps ? 'possible' : likelihood,
    keys: perhaps ? [] : [...keys, ...more],
  };
}

// `name` and `version` stand in many objects; a name with a registry before it only in those about images.
function isName(text: string): boolean {
  return text.includes('/') && hostOf(text) !== undefined;
}

function hasVersion(text: string): boolean {
  const reference = tryParseReference(text);
  if (reference === undefined) return true;
  return reference.digest !== undefined || text.endsWith(`:${reference.tag}`);
}
