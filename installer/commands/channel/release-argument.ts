import { InvalidArgumentError } from 'commander';
import semver from 'semver';
import { isProductName } from '../../../channel/metadata/product.ts';

/** `PRODUCT/VERSION`. */
export function parseRelease(text: string): [product: string, version: string] {
  const [product = '', version = '', ...rest] = text.split('/');
  if (!isProductName(product) || semver.valid(version) !== version || rest.length > 0)
    throw new InvalidArgumentError('PRODUCT/VERSION, e.g. skerry/1.2.0');
  return [product, version];
}
