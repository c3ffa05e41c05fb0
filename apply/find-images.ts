import { tryParseReference } from '../content/reference.ts';
import { formatPath, imageSlots, type ObjectPath } from './image-slots.ts';
import { isJsonObject } from './json.ts';
import { describeObject, groupOf, type KubeObject } from './object.ts';

export interface ImageFinding {
  /** As it is written in the object. */
  readonly reference: string;
  /**
   * `sure`: a container or volume will pull it. `possible`: a text that looks like an image reference, in an
   * environment variable, an argument, a ConfigMap, an annotation or a field of a custom resource.
   */
  readonly certainty: 'sure' | 'possible';
  /** The object that holds it, e.g. `Deployment.apps default/web`. */
  readonly object: string;
  /** The field, e.g. `spec.template.spec.containers[0].image`. */
  readonly path: string;
}

/** All image references in objects, in the order of the objects; sure ones of an object before its possible ones. */
export function findImages(objects: readonly KubeObject[]): ImageFinding[] {
  return objects.flatMap((object) => {
    const name = describeObject(object);
    const sure = sureImages(object);
    const sureTexts = new Set(sure.map(({ reference }) => reference));
    const taken = new Set(sure.map(({ path }) => formatPath(path)));
    const possible = possibleImages(object).filter(
      ({ path, reference }) => !taken.has(formatPath(path)) && !sureTexts.has(reference),
    );
    return [
      ...sure.map(
        ({ path, reference }) =>
          ({ reference, certainty: 'sure', object: name, path: formatPath(path) }) as const,
      ),
      ...uniqueByReference(possible).map(
        ({ path, reference }) =>
          ({ reference, certainty: 'possible', object: name, path: formatPath(path) }) as const,
      ),
    ];
  });
}

interface Place {
  readonly path: ObjectPath;
  readonly reference: string;
}

// In a custom resource `containers[].image` may hold a pattern (policy engines do that); there only what is a
// reference counts. In Kubernetes' own kinds whatever stands there will be pulled, so a malformed one must show.
function sureImages(object: KubeObject): Place[] {
  const builtIn = isBuiltIn(object.apiVersion);
  return [...imageSlots(object)].filter(
    ({ reference }) => builtIn || tryParseReference(reference) !== undefined,
  );
}

function isBuiltIn(apiVersion: string): boolean {
  const group = groupOf(apiVersion);
  return group === '' || group === 'apps' || group === 'batch';
}

function possibleImages(object: KubeObject): Place[] {
  if (object.kind === 'CustomResourceDefinition') return []; // schemas describe fields, their texts are prose
  return [...textsOf(object, [])]
    .flatMap(({ path, text }) => imagesInText(path, text))
    .concat([...splitImages(object, [])]);
}

function imagesInText(path: ObjectPath, text: string): Place[] {
  const key = path.at(-1);
  if (typeof key === 'string' && /image$/i.test(key) && hasVersion(text)) return [{ path, reference: text }];
  return [...text.matchAll(REFERENCE_IN_TEXT)]
    .map(([reference]) => reference)
    .filter(hasVersion)
    .map((reference) => ({ path, reference }));
}

// A host with a dot or a port (or localhost), a path, and a tag or digest right behind it; not within a URL or a word.
const REFERENCE_IN_TEXT =
  /(?<![\w./:@-])(?:localhost|(?:[a-z0-9-]+\.)+[a-z0-9-]+|[a-z0-9-]+(?=:\d))(?::\d{1,5})?(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)+(?::\w[\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?(?![\w/@])/g;

function hasVersion(text: string): boolean {
  const reference = tryParseReference(text);
  if (reference === undefined) return false;
  return (
    reference.digest !== undefined || (reference.tag !== undefined && text.endsWith(`:${reference.tag}`))
  );
}

/** The many charts' and operators' way of writing an image in parts: repository and tag, sometimes registry. */
function* splitImages(value: unknown, path: ObjectPath): Generator<Place> {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield* splitImages(item, [...path, index]);
  }
  if (!isJsonObject(value)) return;
  const { registry, repository, tag, digest } = value;
  if (typeof repository === 'string' && (typeof tag === 'string' || typeof digest === 'string')) {
    const name = typeof registry === 'string' && registry !== '' ? `${registry}/${repository}` : repository;
    const version = typeof digest === 'string' && digest !== '' ? `@${digest}` : `:${String(tag)}`;
    if (hasVersion(name + version)) yield { path, reference: name + version };
  }
  for (const [key, field] of Object.entries(value)) yield* splitImages(field, [...path, key]);
}

function* textsOf(value: unknown, path: ObjectPath): Generator<{ path: ObjectPath; text: string }> {
  if (typeof value === 'string') {
    yield { path, text: value };
  } else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield* textsOf(item, [...path, index]);
  } else if (isJsonObject(value)) {
    for (const [key, field] of Object.entries(value)) yield* textsOf(field, [...path, key]);
  }
}

function uniqueByReference(places: readonly Place[]): Place[] {
  return [...new Map(places.map((place) => [place.reference, place] as const).reverse()).values()].reverse();
}
