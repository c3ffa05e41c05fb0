import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { hexOf } from '../../../content/digest.ts';
import {
  isProviderVersion,
  type ProviderArchive,
  providerArchives,
  providerFileName,
} from '../../../content/provider-format.ts';
import type { Store } from '../../../content/store.ts';
import { platformError } from '../../errors.ts';
import { Remembered } from '../cache/remembered.ts';
import type { RateLimit } from '../http/rate-limit.ts';
import type { HubServer } from '../http/server.ts';

export interface ProviderMirrorOptions {
  /** The private registry. */
  readonly store: Store;
  /** How fast one address may ask. */
  readonly limit: RateLimit;
  readonly now: () => number;
  /** Ends what is under way when the hub stops. */
  readonly signal: AbortSignal;
}

/** Only what the platform itself brings is given to everybody; who may read the registry finds the others there. */
const HOST = 'skerry.dev';
const SEGMENT = z.string().regex(/^[a-z0-9]([-a-z0-9]{0,62}[a-z0-9])?$/);
const Address = z.object({ namespace: SEGMENT, type: SEGMENT, file: z.string().max(200) });

const CALL_TIMEOUT_MS = 10_000;
const SEND_TIMEOUT_MS = 600_000;
/** Archives are some fifty megabytes: so many are sent at once. */
const MAX_SENDING = 8;
const TIMES = { freshMs: 30_000, staleMs: 600_000, retryMs: 5_000, max: 100 };

/**
 * The provider network mirror protocol, by which Terraform installs the platform's provider from the hub:
 * `network_mirror { url = "https://HUB/terraform/providers/" }`. It is open to all, as the program is no secret.
 */
export function serveProviders(server: HubServer, options: ProviderMirrorOptions): void {
  const mirror = new ProviderMirror(options);
  server.get(
    `/terraform/providers/${HOST}/:namespace/:type/:file`,
    { logLevel: 'warn' },
    async (request, reply) => {
      options.limit.take(request.ip);
      const { data } = Address.safeParse(request.params);
      if (data === undefined) throw notThere(request.url);
      return await mirror.answer(data, reply);
    },
  );
}

class ProviderMirror {
  readonly #store: Store;
  readonly #signal: AbortSignal;
  readonly #versions: Remembered<readonly string[]>;
  readonly #archives: Remembered<readonly ProviderArchive[]>;
  #sending = 0;

  constructor({ store, now, signal }: ProviderMirrorOptions) {
    this.#store = store;
    this.#signal = signal;
    this.#versions = new Remembered({ ...TIMES, now });
    this.#archives = new Remembered({ ...TIMES, now });
  }

  async answer({ namespace, type, file }: z.infer<typeof Address>, reply: FastifyReply) {
    const repository = `${HOST}/${namespace}/${type}`;
    if (file === 'index.json') return await this.#index(repository);
    const version = /^(.+)\.json$/.exec(file)?.[1];
    if (version !== undefined) return await this.#version(repository, version);
    return await this.#archive(repository, file, reply);
  }

  async #index(repository: string): Promise<object> {
    const versions = await this.#versions.get(repository, async () => {
      const tags = await this.#store.listTags(repository, { signal: this.#callSignal() });
      return tags.filter(isProviderVersion);
    });
    if (versions.length === 0) throw notThere(repository);
    return { versions: Object.fromEntries(versions.map((version) => [version, {}])) };
  }

  async #version(repository: string, version: string): Promise<object> {
    const archives = await this.#archivesOf(repository, version);
    return {
      archives: Object.fromEntries(
        archives.map((archive) => [
          `${archive.os}_${archive.architecture}`,
          {
            url: providerFileName(repository, version, archive),
            hashes: [`zh:${hexOf(archive.descriptor.digest)}`],
          },
        ]),
      ),
    };
  }

  async #archive(repository: string, file: string, reply: FastifyReply): Promise<FastifyReply> {
    const version = /_([^_]+)_[^_]+_[^_]+\.zip$/.exec(file)?.[1] ?? '';
    const archives = await this.#archivesOf(repository, version);
    const archive = archives.find((one) => providerFileName(repository, version, one) === file);
    if (archive === undefined) throw notThere(file);
    this.#take(file, reply);
    const { digest, size } = archive.descriptor;
    const signal = AbortSignal.any([this.#signal, AbortSignal.timeout(SEND_TIMEOUT_MS)]);
    const blob = await this.#store.readBlob(repository, digest, { size, signal });
    if (blob === undefined) throw notThere(file);
    reply.headers({ 'content-length': size, 'cache-control': 'public, max-age=86400' });
    return reply.type('application/zip').send(Readable.from(blob.stream, { objectMode: false }));
  }

  /** One of the places for sending, until the answer is over. Throws NOT_READY where all are taken. */
  #take(file: string, { raw }: FastifyReply): void {
    if (this.#sending >= MAX_SENDING) throw platformError('NOT_READY', { subject: file, detail: 'busy' });
    // Who has gone already never closes again.
    if (raw.closed) return;
    this.#sending += 1;
    raw.once('close', () => {
      this.#sending -= 1;
    });
  }

  async #archivesOf(repository: string, version: string): Promise<readonly ProviderArchive[]> {
    if (!isProviderVersion(version)) throw notThere(`${repository} ${version}`);
    const archives = await this.#archives.get(
      `${repository} ${version}`,
      async () =>
        (await providerArchives(this.#store, repository, version, { signal: this.#callSignal() })) ?? [],
    );
    if (archives.length === 0) throw notThere(`${repository} ${version}`);
    return archives;
  }

  #callSignal(): AbortSignal {
    return AbortSignal.any([this.#signal, AbortSignal.timeout(CALL_TIMEOUT_MS)]);
  }
}

function notThere(subject: string) {
  return platformError('ROUTE_NOT_FOUND', { subject: subject.slice(0, 200) });
}
