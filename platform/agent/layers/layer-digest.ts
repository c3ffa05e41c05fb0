import { digestOf } from '../../../content/digest.ts';
import { encode } from '../../desired/canonical.ts';
import type { EnvelopeLayer } from '../../desired/envelope.ts';

/** Of all that decides what a layer comes to: a layer with the same digest need not be applied again. */
export function layerDigest({ name, namespace, pack, values, sealed }: EnvelopeLayer): string {
  return digestOf(encode({ name, namespace, pack: pack.digest, values, sealed }));
}
