import { formatReference, tryParseReference } from '../../content/reference.ts';
import { runsOnDemand } from '../client/on-demand.ts';
import { isJsonObject } from '../json.ts';
import { describeObject, groupOf, type KubeObject } from '../object.ts';
import { formatPath, imageSlots, type ObjectPath } from './image-slots.ts';
import { type ImagePlace, imagesBelow } from './walk.ts';

export interface ImageFinding {
  /** As it is written in the object; put together where it is written in parts. */
  readonly reference: string;
  /**
   * `sure`: a container or volume will pull it. `likely`: a text that is an image reference by its form or by the name
   * of its field, variable or argument. `possible`: a text that has the form of one and may be something else.
   */
  readonly certainty: 'sure' | 'likely' | 'possible';
  /** The object that holds it, e.g. `Deployment.apps default/web`. */
  readonly object: string;
  /** The field, e.g. `spec.template.spec.containers[0].image`. */
  readonly path: string;
}

/** All image references in objects, in the order of the objects; of an object the surest first, each once. */
export function findImages(objects: readonly KubeObject[]): ImageFinding[] {
  return objects.flatMap((object) => {
    const name = describeObject(object);
    const sure = sureImages(object);
    const other = otherImages(object, sure);
    return [
      // Nothing tests a release unasked, so that those pods may lack their images.
      ...sure.map(({ path, reference }) =>
        finding(reference, runsOnDemand(object) ? 'likely' : 'sure', name, path),
      ),
      ...other.map(({ path, reference, likelihood }) => finding(reference, likelihood, name, path)),
    ];
  });
}

/** As findImages, only what containers and volumes will pull: that takes no searching of texts. */
export function findSureImages(objects: readonly KubeObject[]): ImageFinding[] {
  return objects
    .filter((object) => !runsOnDemand(object))
    .flatMap((object) =>
      sureImages(object).map(({ path, reference }) =>
        finding(reference, 'sure', describeObject(object), path),
      ),
    );
}

interface Place {
  readonly path: ObjectPath;
  readonly reference: string;
}

function finding(
  reference: string,
  certainty: ImageFinding['certainty'],
  object: string,
  path: ObjectPath,
): ImageFinding {
  return { reference, certainty, object, path: formatPath(path) };
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

/** Schemas describe fields, their texts are prose; permissions name resources. */
const NO_IMAGES = new Set([
  ...['CustomResourceDefinition', 'Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding'],
]);

function otherImages(object: KubeObject, sure: readonly Place[]): ImagePlace[] {
  if (NO_IMAGES.has(object.kind)) return [];
  const surePaths = new Set(sure.map(({ path }) => formatPath(path)));
  const sureNames = new Set(sure.map(({ reference }) => nameOf(reference)));
  const best = new Map<string, ImagePlace>();
  for (const place of placesIn(object)) {
    if (sureNames.has(nameOf(place.reference)) || surePaths.has(formatPath(place.path))) continue;
    if (best.get(place.reference)?.likelihood === 'likely') continue;
    if (!best.has(place.reference) || place.likelihood === 'likely') best.set(place.reference, place);
  }
  const found = withoutHalves([...best.values()]);
  return [...found.filter(isLikely), ...found.filter((place) => !isLikely(place))];
}

// The repository of an image that was put together from parts stands there alone as well.
function withoutHalves(places: readonly ImagePlace[]): ImagePlace[] {
  const versioned = new Set(places.filter(hasVersion).map(({ reference }) => repositoryIn(reference)));
  return places.filter(
    (place) => isLikely(place) || hasVersion(place) || !versioned.has(repositoryIn(place.reference)),
  );
}

function hasVersion({ reference: text }: ImagePlace): boolean {
  const reference = tryParseReference(text);
  return reference?.digest !== undefined || text.endsWith(`:${reference?.tag}`);
}

function repositoryIn(text: string): string {
  const reference = tryParseReference(text);
  return reference === undefined ? text : `${reference.host}/${reference.path}`;
}

function isLikely({ likelihood }: ImagePlace): boolean {
  return likelihood === 'likely';
}

function* placesIn(object: KubeObject): Generator<ImagePlace> {
  if (object.kind !== 'Secret' || groupOf(object.apiVersion) !== '') {
    yield* imagesBelow(object);
    return;
  }
  // A secret is not for guessing at: only what surely looks like an image is ever named.
  const { data, ...rest } = object;
  for (const place of imagesBelow(rest)) if (isLikely(place)) yield place;
  for (const [key, value] of Object.entries(isJsonObject(data) ? data : {})) {
    if (typeof value !== 'string') continue;
    for (const place of imagesBelow(decode(value), ['data', key])) if (isLikely(place)) yield place;
  }
}

function decode(base64: string): string {
  const text = Buffer.from(base64, 'base64').toString('utf8');
  return text.includes('\ufffd') ? '' : text;
}

function nameOf(text: string): string {
  const reference = tryParseReference(text);
  return reference === undefined ? text : formatReference(reference);
}
