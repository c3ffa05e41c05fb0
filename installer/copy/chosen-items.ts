import { bundleError } from '../../bundle/errors.ts';
import { type LockedRelease, type ReleaseAddress, readLockedRelease } from '../../bundle/locked-release.ts';
import { attachedTo, cosignTag } from '../../content/companion-tag.ts';
import type { CopyItem } from '../../content/copy/copy-plan.ts';
import { isDigest } from '../../content/digest.ts';
import { contentError } from '../../content/errors.ts';
import { bareTag, namesIn } from '../../content/layout/layout-index.ts';
import { LayoutNames, NAMELESS } from '../../content/layout/layout-names.ts';
import { NAME_GRAMMAR, repositoryOf, tryParseReference } from '../../content/reference.ts';
import type { Store } from '../../content/store.ts';
import { RoutedStore } from '../../content/stores/routed.ts';

/** What a user wants of a store. */
export interface Choice {
  /** As REPOSITORY:TAG@DIGEST. */
  readonly release?: string | undefined;
  readonly platform?: readonly string[] | undefined;
}

/** What is to be copied, and the source seen so that each name leads to what it stands for there. */
export async function chooseItems(
  opened: Store,
  names: readonly string[],
  { release, platform }: Choice,
  signal: AbortSignal,
): Promise<{ source: Store; items: CopyItem[] }> {
  const wanted = release === undefined && names.length > 0 ? namedItems(opened, names) : undefined;
  const { source, items } = wanted ?? { source: opened, items: await itemsOf(opened, release, signal) };
  if (items.length === 0) throw emptyStore(opened);
  return {
    source,
    items: platform === undefined ? items : items.map((item) => ({ ...item, platforms: platform })),
  };
}

async function itemsOf(source: Store, release: string | undefined, signal: AbortSignal): Promise<CopyItem[]> {
  if (release !== undefined) return await releaseItems(source, parseReleaseAddress(release), signal);
  const items: CopyItem[] = [];
  for (const repository of await source.listRepositories({ signal })) {
    for (const reference of await source.listTags(repository, { signal }))
      items.push({ repository, reference, optionalFor: attachedTo(reference) });
  }
  return items;
}

async function releaseItems(
  source: Store,
  address: ReleaseAddress,
  signal: AbortSignal,
): Promise<CopyItem[]> {
  const release: LockedRelease = await readLockedRelease(source, address, { signal });
  const own = { repository: address.repository, reference: address.tag, digest: address.digest };
  // A release for some platforms holds no others.
  const chosen = release.platforms.length === 0 ? {} : { platforms: release.platforms };
  const contents = release.contents.flatMap((entry) =>
    namesIn([entry]).map(({ repository, tag }) => ({
      ...{ repository, reference: tag, digest: entry.digest },
      ...chosen,
    })),
  );
  return [...contents, own, { repository: address.repository, reference: cosignTag(address.digest, 'sig') }];
}

function parseReleaseAddress(text: string): ReleaseAddress {
  const groups = /^(?<repository>.+):(?<tag>[^:@]+)@(?<digest>sha256:[0-9a-f]{64})$/.exec(text)?.groups;
  if (groups?.repository === undefined || groups.tag === undefined || groups.digest === undefined) {
    throw bundleError('BUNDLE_NO_RELEASE', { subject: text, detail: 'not REPOSITORY:TAG@DIGEST' });
  }
  return { repository: groups.repository, tag: groups.tag, digest: `sha256:${groups.digest.slice(7)}` };
}

// Layouts spell names in their own way, and some have none: the only image in one can be called as one likes.
function namedItems(store: Store, texts: readonly string[]): { source: Store; items: CopyItem[] } {
  const items = texts.map(parseName);
  const names = layoutNamesOf(store);
  if (names === undefined) return { source: store, items };
  const [only, ...more] = names.index;
  const spellings = new Map<string, string>();
  const found = items.map((item) => {
    const { repository, reference } = item;
    const spelling = names.spellingOf(repository);
    const unnamed = names.findBareTag(reference) === undefined ? undefined : NAMELESS;
    spellings.set(repository, spelling ?? unnamed ?? repository);
    const isOnly = spelling === undefined && unnamed === undefined && only !== undefined && more.length === 0;
    const isNameless = isOnly && namesIn([only]).length === 0 && bareTag(only) === undefined;
    return isNameless && !isDigest(reference) ? { ...item, digest: only.digest } : item;
  });
  const route = (repository: string) => ({ store, repository: spellings.get(repository) ?? repository });
  return { source: new RoutedStore(store.name, route), items: found };
}

function parseName(text: string): CopyItem {
  const [name = '', digest] = text.split('@');
  const colon = name.lastIndexOf(':');
  const tag = colon > name.lastIndexOf('/') ? name.slice(colon + 1) : undefined;
  const repository = tag === undefined ? name : name.slice(0, colon);
  const reference = digest ?? tag;
  if (reference === undefined || (digest !== undefined && !isDigest(digest))) {
    throw contentError('REFERENCE_INVALID', {
      subject: text,
      remedy: 'Write it as REPOSITORY:TAG or REPOSITORY@DIGEST.',
    });
  }
  // A port has no place in the name that the content gets.
  const named = NAME_GRAMMAR.test(repository) ? undefined : tryParseReference(repository);
  return { repository: named === undefined ? repository : repositoryOf(named), reference };
}

function emptyStore(store: Store) {
  const index = layoutNamesOf(store)?.index ?? [];
  const digests = index.slice(0, 5).map(({ digest }) => digest);
  return contentError('STORE_EMPTY', {
    subject: store.name,
    detail:
      index.length === 0
        ? 'it lists no names'
        : `its index has ${index.length} manifests without a full name: ${digests.join(', ')}`,
  });
}

function layoutNamesOf(store: Store): LayoutNames | undefined {
  return 'names' in store && store.names instanceof LayoutNames ? store.names : undefined;
}
