import type { LockedRelease } from '../locked-release.ts';
import type { ImageAccount } from '../pin.ts';

/** So many places of an image are kept with a release. */
const MAX_PLACES = 5;

/** What a locked release keeps of the images and of what looked like some. */
export function lockAccounts(accounts: readonly ImageAccount[]): Pick<LockedRelease, 'images' | 'notTaken'> {
  return { images: accounts.flatMap(lockedImage), notTaken: accounts.flatMap(notTaken) };
}

/** Reads back what was kept. */
export function accountsOf({ images, notTaken }: Pick<LockedRelease, 'images' | 'notTaken'>): ImageAccount[] {
  const taken = images.map(({ places, certainty, ...pinned }): ImageAccount => {
    const { reference, names } = pinned;
    return {
      reference,
      names,
      certainty,
      state: 'taken',
      pinned,
      places: places.map((where) => ({ where })),
    };
  });
  const others = notTaken.map(({ reference, state, where, note }): ImageAccount => {
    return { reference, names: [reference], certainty: 'likely', state, note, places: [{ where }] };
  });
  return [...taken, ...others];
}

function lockedImage({ pinned, certainty, places }: ImageAccount): LockedRelease['images'] {
  if (pinned === undefined) return [];
  const { reference, names, repository, tag, digest } = pinned;
  const kept = places.slice(0, MAX_PLACES).map(({ where }) => where);
  return [{ reference, names: [...names], repository, tag, digest, certainty, places: kept }];
}

// Mere possibilities that are no images are no news for the island.
function notTaken({ reference, certainty, state, places, note }: ImageAccount): LockedRelease['notTaken'] {
  if (state === 'taken' || (certainty === 'possible' && note === undefined)) return [];
  return [{ reference, state, where: places[0]?.where ?? '', ...(note === undefined ? {} : { note }) }];
}
