import { type Reference, tryParseReference } from '../../content/reference.ts';
import { namesImage, partOf } from './key-words.ts';

/** `likely`: has to be accounted for. `possible`: worth a question, and no more. */
export type Likelihood = 'likely' | 'possible';

export interface TextPlace {
  /** The name of the field, flag or variable whose value it is. */
  readonly key?: string | undefined;
  /** It is the whole value, not a word of a longer text. */
  readonly whole: boolean;
}

/** How likely a text is an image reference, by its own form and by the name of what holds it; undefined where it is none. */
export function likelihoodOf(text: string, place: TextPlace): Likelihood | undefined {
  const reference = tryParseReference(text);
  if (reference === undefined || isOtherThing(text, reference)) return undefined;
  const role = place.key === undefined ? undefined : partOf(place.key)?.role;
  const named = namesImage(place.key) && (role === undefined || WHOLE_ROLES.has(role));
  if (reference.digest !== undefined) return 'likely';
  const tag = text.endsWith(`:${reference.tag}`) ? reference.tag : undefined;
  // `hub: docker.io/istio` is what images share.
  if (tag === undefined && place.key !== undefined && partOf(place.key)?.role === 'registry')
    return undefined;
  if (hostOf(text) !== undefined) return withHost(reference, tag, named);
  if (text.includes('/')) return withPath(text, tag, named, place.whole);
  return bareName(text, tag, named, place.whole);
}

/** Fields of these parts may hold a whole reference as well. */
const WHOLE_ROLES: ReadonlySet<string> = new Set(['image', 'name', 'repository']);

/** The part before the first slash, if that is a host: it has a dot or a port, or is localhost. */
export function hostOf(text: string): string | undefined {
  const slash = text.indexOf('/');
  const first = slash === -1 ? '' : text.slice(0, slash);
  return first === 'localhost' || /[.:]/.test(first) ? first : undefined;
}

function withHost(
  { host, path }: Reference,
  tag: string | undefined,
  named: boolean,
): Likelihood | undefined {
  if (named) return 'likely';
  // Labels, annotations and taints of Kubernetes are domains with a path.
  if (/(?:^|\.)(?:kubernetes|(?:x-)?k8s)\.io$/.test(host) && !/registry/.test(host)) return undefined;
  if (tag === undefined)
    return isRegistryHost(host) && !isApiVersion(`${host}/${path}`) ? 'possible' : undefined;
  // `example.com/docs:8080` is rather an address that somebody wrote down.
  return !path.includes('/') && /^\d{4,}$/.test(tag) ? 'possible' : 'likely';
}

function withPath(
  text: string,
  tag: string | undefined,
  named: boolean,
  whole: boolean,
): Likelihood | undefined {
  if (named) return tag === undefined && isApiVersion(text) ? undefined : 'likely';
  if (tag === undefined) return undefined;
  if (whole && isVersion(tag)) return 'likely';
  return /\d|^latest$/.test(tag) ? 'possible' : undefined;
}

function bareName(
  text: string,
  tag: string | undefined,
  named: boolean,
  whole: boolean,
): Likelihood | undefined {
  if (tag === undefined) return named && whole && !PLAIN_WORDS.has(text) ? 'likely' : undefined;
  if (named) return /^\d{4,}$/.test(tag) ? 'possible' : 'likely';
  // `redis:6379` is a host with a port, `busybox:1.36` is not.
  if (!/^v?\d+(?:\.\d+)+/.test(tag)) return undefined;
  return whole ? 'likely' : 'possible';
}

function isVersion(tag: string): boolean {
  return /^(?:v?\d|latest$|stable|sha-)|\d.*[.-]|[.-].*\d/.test(tag) && !/^\d{4,}$/.test(tag);
}

function isApiVersion(text: string): boolean {
  return /^[a-z0-9.-]+\/v\d+(?:(?:alpha|beta)\d+)?$/.test(text);
}

const PLAIN_WORDS = new Set([
  ...['true', 'false', 'yes', 'no', 'on', 'off', 'none', 'null', 'nil', 'auto', 'default', 'always', 'never'],
  ...[
    'enabled',
    'disabled',
    'latest',
    'string',
    'object',
    'array',
    'image',
    'images',
    'custom',
    'distroless',
  ],
]);
const MIME_TYPES = /^(?:application|audio|font|image|message|model|multipart|text|video)\/[a-z0-9.+-]+$/;
const TAINT_EFFECTS = /:(?:NoSchedule|PreferNoSchedule|NoExecute)$/;
const IPV4 = /^\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?$/;

function isOtherThing(text: string, { path, tag }: Reference): boolean {
  const host = hostOf(text);
  const name = host === undefined ? text : text.slice(host.length + 1);
  if (!/[a-z]/.test(path.replace(/^library\//, ''))) return true; // numbers, times, CIDRs
  if (/[A-Z]/.test(name.slice(0, name.length - (tag?.length ?? 0)))) return true;
  if (host !== undefined && !isHost(host)) return true;
  // A tag that is all of a port, after a host without a path.
  if (host === undefined && IPV4.test(text)) return true;
  return (
    MIME_TYPES.test(text) ||
    TAINT_EFFECTS.test(text) ||
    /^(?:sha256|sha512|md5|urn|arn|uid|gid|id):/.test(text)
  );
}

function isHost(host: string): boolean {
  const [name = ''] = host.split(':');
  // The last part of a domain has no digits: `v1.2/x` and `1.2/x` are none.
  return host === 'localhost' || host.includes(':') || IPV4.test(host) || /\.[a-z]{2,}$/i.test(name);
}

// Only for references without a tag, which could as well be any address of the web.
function isRegistryHost(host: string): boolean {
  return (
    /^(?:docker\.io|quay\.io|ghcr\.io|gcr\.io|nvcr\.io|mcr\.microsoft\.com|public\.ecr\.aws)$/.test(host) ||
    /(?:^|\.)(?:gcr\.io|k8s\.io|pkg\.dev|azurecr\.io|amazonaws\.com)$/.test(host) ||
    /^(?:registry|docker|harbor|cr|oci|images?)[.-]/.test(host)
  );
}
