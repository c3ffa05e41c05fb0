import { formatReference, tryParseReference } from '../../content/reference.ts';
import { spellingsOf } from '../../content/spellings.ts';
import type { Discovery } from '../discover.ts';
import type { Account, Accounts } from './accounted.ts';
import { isBareWord } from './bare-word.ts';

/** Something that is an image or could be one, with everything that speaks for it. */
export interface CandidateImage {
  /** As it is written where it is surest. */
  readonly reference: string;
  /** Every way in which manifests may write it. */
  readonly names: readonly string[];
  readonly certainty: Discovery['certainty'];
  /** The surest first. */
  readonly places: readonly ImagePlace[];
  readonly accounted?: { readonly as: Account; readonly note: string } | undefined;
}

export interface ImagePlace {
  /** Component or pack, object and field. */
  readonly where: string;
  /** The versions of Kubernetes for which it stands there; all when absent. */
  readonly versions?: readonly string[] | undefined;
}

const SURENESS: Readonly<Record<Discovery['certainty'], number>> = { sure: 0, likely: 1, possible: 2 };

/** The findings, put together by the image that they mean, however each writes it. */
export function candidatesOf(discoveries: readonly Discovery[], accounts: Accounts): CandidateImage[] {
  const byName = Map.groupBy(discoveries, ({ reference }) => fullName(reference));
  const versioned = new Set(
    discoveries.filter(isSurelyVersioned).map(({ reference }) => repositoryIn(reference)),
  );
  return [...byName.values()].flatMap((found) => {
    const surest = found.toSorted((a, b) => SURENESS[a.certainty] - SURENESS[b.certainty]);
    const [first] = surest;
    if (first === undefined) return [];
    const names = [...new Set([...found.map(({ reference }) => reference), ...spellingsOf(first.reference)])];
    // What a container surely pulls needs no account, and none can take it back.
    const accounted =
      first.certainty === 'sure' && !isBareWord(first.reference) ? undefined : accounts.ofImage(names);
    return [
      {
        reference: first.reference,
        names,
        certainty: accounted?.as === 'image' ? 'sure' : certaintyOf(first, versioned),
        places: surest.map(({ where, versions }) => ({ where, versions })),
        accounted,
      },
    ];
  });
}

// A likely name without a version, beside the same with one, is most often what versions are put behind
// (`--default-base-image=quay.io/acme/x`).
function certaintyOf(
  { reference, certainty }: Discovery,
  versioned: ReadonlySet<string>,
): Discovery['certainty'] {
  const halved = certainty === 'likely' && !hasVersion(reference) && versioned.has(repositoryIn(reference));
  return halved ? 'possible' : certainty;
}

function isSurelyVersioned({ reference, certainty }: Discovery): boolean {
  return certainty !== 'possible' && hasVersion(reference);
}

function hasVersion(text: string): boolean {
  const reference = tryParseReference(text);
  return reference?.digest !== undefined || text.endsWith(`:${reference?.tag}`);
}

function repositoryIn(text: string): string {
  const reference = tryParseReference(text);
  return reference === undefined ? text : `${reference.host}/${reference.path}`;
}

function fullName(text: string): string {
  const reference = tryParseReference(text);
  return reference === undefined ? text : formatReference(reference);
}
