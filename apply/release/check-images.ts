import { applyError } from '../errors.ts';
import { findSureImages } from '../images/find-images.ts';
import { imageMapOf } from '../images/image-map.ts';
import type { KubeObject } from '../object.ts';
import type { Component } from './component.ts';

/**
 * The cluster may make a chart name other images than were found when the bundle was made.
 * Throws IMAGE_NOT_IN_BUNDLE.
 */
export function checkImages({ name, images }: Component, objects: readonly KubeObject[]): void {
  const map = imageMapOf(Object.fromEntries(images));
  const missing = findSureImages(objects).filter(({ reference }) => map(reference) === undefined);
  const [first] = missing;
  if (first === undefined) return;
  const places = missing.map(({ reference, object, path }) => `${reference} (${object} ${path})`);
  throw applyError('IMAGE_NOT_IN_BUNDLE', {
    subject: first.reference,
    detail: `component ${name}: ${places.join(', ')}`,
  });
}
