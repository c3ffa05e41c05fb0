import { z } from 'zod';
import type { CustomResource } from '../../api/custom-resource.ts';
import { kinds } from '../../api/kinds.ts';
import { platformError } from '../../errors.ts';
import { nothing, type Route, route } from '../http/route.ts';
import type { User } from '../kubernetes.ts';
import type { WatchLimit } from '../resources/watch-limit.ts';
import { ProjectName } from '../resources/wire-object.ts';
import type { SeenObjects } from '../watched/seen-objects.ts';
import { changes } from './changes.ts';
import { type Cursor, readCursor, sightMark } from './cursor.ts';
import { checkGranted, type Looking, type SightWorld, sightOf } from './sight.ts';

export interface StreamOptions extends SightWorld {
  /** By the plural of their kind. */
  readonly seen: ReadonlyMap<string, SeenObjects>;
  readonly watches: WatchLimit;
  /** Throws PROJECT_NOT_FOUND. */
  readonly checkProject: (name: string, signal: AbortSignal) => Promise<void>;
}

const Cursored = z
  .string()
  .min(1)
  .max(2000)
  .regex(/^[A-Za-z0-9_-]+$/);
const Query = z.strictObject({
  kinds: z
    .string()
    .max(500)
    .meta({
      description: `What to watch, with commas between: ${kinds.map(({ plural }) => plural).join(', ')}.`,
    }),
  project: ProjectName.optional().meta({
    description: 'Of this project alone; of all that the user may see when absent.',
  }),
  cursor: Cursored.optional().meta({ description: 'As Last-Event-ID, which counts where both are there.' }),
});
const Headers = z.strictObject({
  'last-event-id': Cursored.optional().meta({ description: 'The id of the last event, to go on from.' }),
});
const TELLS =
  'Server-sent events. put and delete have {"kind", "object"}: the plural of a kind, and the object as it is read by ' +
  'itself, of a revision without its envelope. synced comes once all there is, or all that was missed, has been reported; ' +
  'heartbeat now and then. An id is what Last-Event-ID takes to go on from there, with any hub; it says nothing else.';
/** New projects are looked for at each so-many-th heartbeat: it asks about every project that there is. */
const LOOK_EVERY = 8;

/** One stream of what happens to objects of several kinds. */
export function streamRoutes(options: StreamOptions): Route[] {
  return [
    route({
      path: '/api/v1/watch',
      operationId: 'watch',
      summary: 'Tells all objects of some kinds, and then every change to them',
      tag: 'watch',
      params: nothing,
      query: Query,
      headers: Headers,
      answers: 'Events',
      response: z.void(),
      problems: ['PROJECT_NOT_FOUND', 'WATCH_EXPIRED', 'NOT_READY'],
      action: () => [],
      answer: () => undefined,
      watch: {
        always: true,
        tells: TELLS,
        begin: async ({ query, headers, user, signal }) => {
          const { project } = query;
          if (project !== undefined) await options.checkProject(project, signal);
          const wanted = kindsOf(query.kinds);
          const looking: Looking = { user, kinds: wanted, verb: 'watch', project, signal };
          const sight = await sightOf(options, looking);
          const objects = wanted.map((kind) => seenOf(options, kind));
          const after = cursorOf(headers['last-event-id'] ?? query.cursor);
          const events = changes({ objects, sight, after, signal });
          let looks = 0;
          const check = async (same: User) => {
            const again = { ...looking, user: same };
            if (++looks % LOOK_EVERY !== 0) return await checkGranted(options, sight, again);
            if (sightMark(await sightOf(options, again)) !== sightMark(sight))
              throw platformError('WATCH_EXPIRED', {
                subject: 'watch',
                detail: 'other projects are seen by now',
              });
          };
          return { events: options.watches.counted(user.username, events), check };
        },
      },
    }),
  ];
}

/** Each once, in the order of the table: what others refer to comes first. Throws REQUEST_INVALID. */
function kindsOf(text: string): CustomResource[] {
  const names = new Set(text.split(',').map((name) => name.trim()));
  const unknown = [...names].find((name) => !kinds.some(({ plural }) => plural === name));
  if (unknown !== undefined)
    throw platformError('REQUEST_INVALID', {
      subject: 'kinds',
      detail: `${JSON.stringify(unknown.slice(0, 63))} is none; there are ${kinds.map(({ plural }) => plural).join(', ')}`,
    });
  return kinds.filter(({ plural }) => names.has(plural));
}

function seenOf({ seen }: StreamOptions, { plural }: CustomResource): SeenObjects {
  const found = seen.get(plural);
  if (found?.position === undefined)
    throw platformError('NOT_READY', { subject: plural, detail: 'not all of them were seen yet' });
  return found;
}

function cursorOf(text: string | undefined): Cursor | undefined {
  if (text === undefined) return undefined;
  const cursor = readCursor(text);
  if (cursor !== undefined) return cursor;
  throw platformError('REQUEST_INVALID', { subject: 'Last-Event-ID', detail: 'not made by a hub' });
}
