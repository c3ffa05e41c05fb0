import { isAddress } from '../../bundle/location.ts';
import { openSource } from '../copy/content-location.ts';
import type { Offer } from './offer.ts';
import { offerOfStore } from './registry-offer.ts';
import { offerOfStick } from './stick-offer.ts';

/**
 * What is at hand at a place that a user names: a stick's folder, a bundle, or the address of a registry. Throws
 * STICK_NOT_FOUND, and what a registry that does not answer throws.
 */
export async function openOffer(
  place: string,
  {
    product,
    volumes,
    env,
    signal,
  }: {
    product: string;
    /** Folders and files with volumes of a bundle that are not at the place. */
    volumes?: readonly string[] | undefined;
    env: NodeJS.ProcessEnv;
    signal?: AbortSignal;
  },
): Promise<Offer> {
  if (!isAddress(place)) return await offerOfStick(place, volumes);
  const { store, close } = await openSource(place, env);
  try {
    return { ...(await offerOfStore(store, product, signal)), close };
  } catch (error) {
    await close();
    throw error;
  }
}
