import semver from 'semver';
import { z } from 'zod';
import { type Reference, tryParseReference } from '../../content/reference.ts';
import { backupProblem } from '../select/backup-tag.ts';
import type { ForeignFields } from './foreign-fields.ts';
import type { WrittenJob, WrittenMirror } from './import-result.ts';

const Text = z.string();
const Texts = z.array(z.union([z.string(), z.number()]).transform(String));
const LAYOUT = 'ocidir://';

/** Maps a configuration of regsync (regclient, docs/regsync.md), version 1. */
export function importRegsync(file: ForeignFields, name: string): WrittenMirror {
  file.take('version', z.literal(1));
  const registries = file.list('creds').flatMap(registryOf);
  const defaults = file.object('defaults');
  const settings = arrivalOf(defaults);
  const parallel = defaults.take('parallel', z.int().min(1).max(64));
  defaults.refuse(NOT_MAPPED);
  defaults.end();
  const plain = new Set(registries.filter(({ plainHttp }) => plainHttp).map(({ host }) => host));
  const jobs = file.list('sync').flatMap((step, index) => jobOf(step, index, settings, plain));
  file.end((field) => field.startsWith('x-'));
  return {
    apiVersion: 'skerry.dev/v1',
    kind: 'Mirror',
    name,
    ...(registries.length === 0 ? {} : { registries }),
    ...(parallel === undefined ? {} : { parallel }),
    jobs: merged(jobs),
  };
}

const NOT_MAPPED = {
  interval: 'runs are scheduled for the whole file: skerry mirror run --every',
  schedule: 'runs are scheduled for the whole file: skerry mirror run --every',
  ratelimit: 'what a registry asks for is waited for; requestsPerSecond of a registry limits further',
  hooks: 'nothing is run; the log and the exit code tell what happened',
  mediaTypes: 'manifests of all types are taken',
  referrerFilters: 'referrers are all, signatures or none',
  fastCheck: 'every run compares by one question at each side',
  forceRecursive: 'what is incomplete at the target is completed',
  includeExternal: 'layers that may not be given on are left where they are',
  userAgent: 'requests name skerry',
  cacheCount: 'answers are remembered within a run alone',
  cacheTime: 'answers are remembered within a run alone',
  skipDockerConfig: 'say dockerConfig: false under logins',
};

function registryOf(entry: ForeignFields): NonNullable<WrittenMirror['registries']> {
  const host = entry.take('registry', Text);
  const tls = entry.take('tls', z.enum(['enabled', 'disabled', 'insecure']));
  const scheme = entry.take('scheme', Text);
  const perSecond = entry.take('reqPerSec', z.number().positive());
  const connections = entry.take('reqConcurrent', z.int().min(1).max(64));
  if (tls === 'insecure') entry.tell('tls', 'certificates are always checked: name the authority as ca');
  const secret = `skerry mirror credentials set ${host ?? 'HOST'} keeps logins`;
  entry.refuse({
    user: secret,
    pass: secret,
    credHelper: 'helpers are named in the config.json of docker',
    credExpire: 'helpers are asked again in every run',
    regcert: 'put it into a file and name that as ca of the registry',
    mirrors: 'name a mirror under sources',
    priority: 'name a mirror under sources',
    pathPrefix: 'name a mirror under sources',
    hostname: 'name the host itself',
    repoAuth: 'tokens are asked for per repository',
    blobChunk: 'chosen by itself',
    blobMax: 'chosen by itself',
  });
  entry.end();
  const plainHttp = tls === 'disabled' || scheme === 'http';
  if (host === undefined || host.includes('{{')) {
    entry.tell('registry', 'templates are not filled in');
    return [];
  }
  const limits = {
    ...(perSecond === undefined ? {} : { requestsPerSecond: perSecond }),
    ...(connections === undefined ? {} : { connections }),
  };
  if (!plainHttp && Object.keys(limits).length === 0) return [];
  return [{ host, ...(plainHttp ? { plainHttp } : {}), ...limits }];
}

type Settings = Pick<WrittenJob, 'backup' | 'referrers'>;

function arrivalOf(entry: ForeignFields): Settings {
  const backup = backupOf(entry);
  // What belongs to an image is taken along unless somebody says otherwise: regsync's own default leaves it behind.
  entry.take('digestTags', z.boolean());
  entry.take('referrers', z.boolean());
  return backup === undefined ? {} : { backup };
}

function backupOf(entry: ForeignFields): string | undefined {
  const written = entry.take('backup', Text);
  if (written === undefined || written === '') return undefined;
  const template = written.replaceAll(/\{\{\s*\.Ref\.Tag\s*\}\}/g, '{tag}');
  // Each backup has a name of its own here: a second move of the tag must not lose what the first one kept.
  const backup = template.includes('{digest}') ? template : `${template}-{digest}`;
  if (!backup.includes('{{') && backupProblem(backup) === undefined) return backup;
  entry.tell('backup', `of ${written} no template could be made; ours has {tag} and {digest}`);
  return undefined;
}

function jobOf(
  step: ForeignFields,
  index: number,
  defaults: Settings,
  plain: ReadonlySet<string>,
): WrittenJob[] {
  const [source, target] = [step.take('source', Text) ?? '', step.take('target', Text) ?? ''];
  const type = step.take('type', z.enum(['image', 'repository', 'registry']));
  const settings = { ...defaults, ...arrivalOf(step) };
  const platform = step.take('platform', Text);
  const platforms = step.take('platforms', Texts) ?? (platform === undefined ? undefined : [platform]);
  const tags = type === 'image' ? undefined : tagsOf(step);
  step.refuse(NOT_MAPPED);
  step.end();
  if (source.includes('{{') || target.includes('{{')) {
    step.tell('source', `templates are not filled in: ${source} to ${target}`);
    return [];
  }
  const address = (host: string) => `${plain.has(host) ? 'http' : 'https'}://${host}`;
  const common = {
    name: `sync-${index + 1}`,
    ...settings,
    ...(platforms === undefined ? {} : { platforms }),
    ...(tags === undefined ? {} : { tags }),
  };
  if (type === 'registry')
    return [
      {
        ...common,
        from: registryOfText(source, address),
        to: registryOfText(target, address),
        repositories: ['**'],
      },
    ];
  const [from, to] = [placeOf(source, address), placeOf(target, address)];
  if (type === undefined || from.reference === undefined || to.reference === undefined) {
    step.tell('source', `no job could be made of ${source} to ${target}`);
    return [];
  }
  if (type === 'repository')
    return [
      {
        ...common,
        from: from.to,
        to: to.to,
        repositories: [{ match: from.reference.path, to: to.reference.path }],
      },
    ];
  const name = `${to.reference.path}:${to.reference.tag ?? 'latest'}`;
  if (from.isLayout) {
    const one = {
      match: from.reference.path,
      to: to.reference.path,
      tags: { names: [from.reference.tag ?? 'latest'] },
    };
    return [{ ...common, from: from.to, to: to.to, repositories: [one] }];
  }
  return [{ ...common, to: to.to, images: [{ image: source, to: name }] }];
}

function registryOfText(text: string, address: (host: string) => string): string {
  return text.startsWith(LAYOUT) ? text.slice(LAYOUT.length) : address(text);
}

interface Place {
  readonly to: string;
  readonly isLayout: boolean;
  readonly reference: Reference | undefined;
}

function placeOf(text: string, address: (host: string) => string): Place {
  if (text.startsWith(LAYOUT)) {
    const [, to = '', tag] = /^(.+?)(?::([\w][\w.-]*))?$/.exec(text.slice(LAYOUT.length)) ?? [];
    const path = (to.split('/').at(-1) ?? '').toLowerCase();
    return { to, isLayout: true, reference: { host: '', path, tag } };
  }
  const reference = tryParseReference(text);
  return {
    to: address(reference?.host ?? text),
    isLayout: false,
    reference,
  };
}

function tagsOf(step: ForeignFields): WrittenJob['tags'] {
  const own = step.object('tags');
  const [set, ...more] = step.list('tagSets');
  for (const further of more) {
    step.tell(further.where, 'a job has one set of tags: make a job of each set');
    further.end(() => true);
  }
  const from = set ?? own;
  if (set !== undefined) own.end();
  const [allow, deny, ranges] = [
    from.take('allow', Texts),
    from.take('deny', Texts),
    from.take('semverRange', Texts),
  ];
  from.end();
  const range = ranges?.join(' || ');
  if (range !== undefined && semver.validRange(range) === null)
    from.tell('semverRange', `no range: ${range}`);
  const tags = {
    ...(allow === undefined ? {} : { match: anyOf(allow) }),
    ...(deny === undefined ? {} : { except: anyOf(deny) }),
    ...(range === undefined || semver.validRange(range) === null ? {} : { semver: range }),
  };
  return Object.keys(tags).length === 0 ? undefined : tags;
}

function anyOf(expressions: readonly string[]): string {
  return expressions.length === 1
    ? (expressions[0] ?? '')
    : expressions.map((each) => `(?:${each})`).join('|');
}

// Single images that arrive in the same way at the same place are one job.
function merged(jobs: readonly WrittenJob[]): WrittenJob[] {
  const result: WrittenJob[] = [];
  const byKey = new Map<string, number>();
  for (const job of jobs) {
    const { name: _, images = [], ...rest } = job;
    const key = JSON.stringify(rest);
    const at = images.length === 0 ? undefined : byKey.get(key);
    const before = at === undefined ? undefined : result[at];
    if (at !== undefined && before !== undefined) {
      result[at] = { ...before, images: [...(before.images ?? []), ...images] };
      continue;
    }
    if (images.length > 0) byKey.set(key, result.length);
    result.push(job);
  }
  return result;
}
