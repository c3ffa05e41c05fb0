import { z } from 'zod';
import type { KubeClient } from '../../../apply/client/client.ts';
import { StorageReport } from '../../../content/storage-report.ts';
import type { CallOptions, Store } from '../../../content/store.ts';
import { GROUP } from '../../api/group.ts';
import { platformError } from '../../errors.ts';
import { type Known, LastKnown, type LastKnownOptions } from '../cache/last-known.ts';
import { nothing, type Route, route } from '../http/route.ts';
import type { Action } from '../kubernetes.ts';
import { InstallationRecord, readInstallationRecord, readSeenChannel } from './installation-record.ts';
import { OfferedRelease, offeredReleases } from './offered-releases.ts';
import { ReleaseContent, readReleaseContent } from './release-content.ts';
import { RunningContainer, runningContainers } from './running-containers.ts';

export interface InstallationRoutesOptions {
  readonly client: Pick<KubeClient, 'get' | 'create' | 'replace' | 'list'>;
  /** Where the platform is installed. */
  readonly namespace: string;
  /** The private registry. */
  readonly store: Store;
  /** What it says of the room that it takes; undefined where it is not one of Skerry's. */
  readonly readStorage: (options: CallOptions) => Promise<StorageReport | undefined>;
  /** A clock that never goes back, in milliseconds. */
  readonly now: () => number;
  /** Ends what is under way when the hub stops. */
  readonly signal: AbortSignal;
}

const Away = z
  .object({ code: z.string(), detail: z.string() })
  .optional()
  .meta({ description: 'Why there is no younger answer.' });
const Aged = {
  readAt: z.iso.datetime().meta({ description: 'When the registry said so.' }),
  away: Away,
};

const InstallationAnswer = z.object({
  installation: InstallationRecord.optional().meta({
    description: 'Absent where the platform was not installed by skerry install.',
  }),
  running: z.array(RunningContainer),
});
const ContentAnswer = z.object({ ...Aged, release: ReleaseContent });
const StorageAnswer = z.object({
  ...Aged,
  report: StorageReport.optional().meta({ description: 'Absent where the registry is not one of Skerry’s.' }),
});
const ChannelAnswer = z.object({
  channel: z
    .object({
      edition: z.int().meta({ description: 'Rises with each change of the channel.' }),
      root: z.int(),
      role: z.string().meta({ description: 'Which of its parts ends first.' }),
      expiresAt: z.iso.datetime(),
      lastSeenAt: z.iso.datetime(),
    })
    .optional()
    .meta({ description: 'Absent where the installer has seen no channel yet.' }),
  ...Aged,
  releases: z.array(OfferedRelease).meta({ description: 'Of the same product, in the registry.' }),
});

const TAG = 'platform';
const REGISTRY_PROBLEMS = [
  'REGISTRY_UNREACHABLE',
  'REGISTRY_DENIED',
  'REGISTRY_RATE_LIMITED',
  'REGISTRY_ERROR',
  'NOT_READY',
];
/** One answer of the registry may take so long; a store of a million files is walked in less. */
const WITHIN_MS = 60_000;
const FRESH: Pick<LastKnownOptions, 'freshMs' | 'retryMs' | 'max'> = {
  freshMs: 30_000,
  retryMs: 10_000,
  max: 4,
};

/** What is installed, what it is made of, how full the registry is, and what may follow. Nothing is changed. */
export function installationRoutes(options: InstallationRoutesOptions): Route[] {
  const { store, readStorage, now } = options;
  const contents = new LastKnown<ReleaseContent>({ ...FRESH, now });
  const storages = new LastKnown<StorageReport | undefined>({ ...FRESH, now });
  const offers = new LastKnown<OfferedRelease[]>({ ...FRESH, now });
  const within = () => AbortSignal.any([options.signal, AbortSignal.timeout(WITHIN_MS)]);
  const installed = async (signal: AbortSignal) => {
    const record = await readInstallationRecord(options, signal);
    if (record !== undefined) return record.release;
    throw platformError('RELEASE_UNKNOWN', { subject: `namespace ${options.namespace}` });
  };
  const common = { tag: TAG, params: nothing, query: nothing, action: mayRead };
  return [
    route({
      ...common,
      path: '/api/v1/platform/installation',
      operationId: 'getInstallation',
      summary: 'The release that is installed, how it came there, and what runs by digest',
      answers: 'Installation',
      response: InstallationAnswer,
      problems: ['INSTALLATION_UNREADABLE'],
      answer: async ({ signal }) => ({
        installation: await readInstallationRecord(options, signal),
        running: await runningContainers(options.client, options.namespace, signal),
      }),
    }),
    route({
      ...common,
      path: '/api/v1/platform/content',
      operationId: 'getReleaseContent',
      summary: 'What the installed release is made of, and the signatures beside it',
      answers: 'InstalledContent',
      response: ContentAnswer,
      problems: [...REGISTRY_PROBLEMS, 'RELEASE_UNKNOWN', 'RELEASE_UNREADABLE', 'INSTALLATION_UNREADABLE'],
      answer: async ({ signal }) => {
        const release = await installed(signal);
        const known = await contents.get(release.digest, async () =>
          readReleaseContent(store, release, within()),
        );
        return { ...agedOf(known), release: known.value };
      },
    }),
    route({
      ...common,
      path: '/api/v1/platform/storage',
      operationId: 'getStorage',
      summary: 'How full the registry is, and what garbage collection would give back',
      answers: 'Storage',
      response: StorageAnswer,
      problems: REGISTRY_PROBLEMS,
      answer: async () => {
        const known = await storages.get('storage', async () => await readStorage({ signal: within() }));
        return { ...agedOf(known), ...(known.value === undefined ? {} : { report: known.value }) };
      },
    }),
    route({
      ...common,
      path: '/api/v1/platform/channel',
      operationId: 'getChannel',
      summary: 'The upgrade channel as the installer saw it last, and the releases that are here',
      answers: 'Channel',
      response: ChannelAnswer,
      problems: [...REGISTRY_PROBLEMS, 'RELEASE_UNKNOWN', 'INSTALLATION_UNREADABLE'],
      answer: async ({ signal }) => {
        const release = await installed(signal);
        const channel = await readSeenChannel(options, signal);
        const { name, version } = release;
        const known = await offers.get(`${name} ${version}`, async () =>
          offeredReleases(store, release, within()),
        );
        return { ...(channel === undefined ? {} : { channel }), ...agedOf(known), releases: known.value };
      },
    }),
  ];
}

function mayRead(): Action {
  return { verb: 'get', group: GROUP, resource: 'platform' };
}

function agedOf({ readAt, away }: Known<unknown>) {
  return { readAt, ...(away === undefined ? {} : { away }) };
}
