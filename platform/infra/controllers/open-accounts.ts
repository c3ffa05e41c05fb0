import { createHash } from 'node:crypto';
import type { KubeClient } from '../../../apply/client/client.ts';
import { objectAt } from '../../../apply/json.ts';
import { infraError } from '../errors.ts';
import { driverOf } from '../provider/drivers.ts';
import type { CloudProvider } from '../provider/provider.ts';
import type { StoredAccount } from './stored.ts';

interface Opened {
  readonly digest: string;
  readonly provider: Promise<CloudProvider>;
}

/** One provider, and so one session, for each account; opened again when account or credentials are others. */
export class OpenAccounts {
  readonly #client: Pick<KubeClient, 'get'>;
  readonly #now: () => Date;
  readonly #opened = new Map<string, Opened>();

  constructor(client: Pick<KubeClient, 'get'>, now: () => Date) {
    this.#client = client;
    this.#now = now;
  }

  /** Throws ACCOUNT_INVALID. */
  async provider(account: StoredAccount, signal: AbortSignal): Promise<CloudProvider> {
    const { namespace, name } = account.metadata;
    const key = `${namespace}/${name}`;
    const credentials = await this.#credentials(account, signal);
    const digest = createHash('sha256')
      .update(JSON.stringify([account.spec, credentials]))
      .digest('hex');
    const before = this.#opened.get(key);
    if (before?.digest === digest) return await before.provider;
    const provider = driverOf(account.spec.type).then((driver) =>
      driver.open({ account: account.spec, credentials, now: this.#now }),
    );
    this.#opened.set(key, { digest, provider });
    provider.catch(() => this.#opened.delete(key));
    await closed(before);
    return await provider;
  }

  async close(): Promise<void> {
    const all = [...this.#opened.values()];
    this.#opened.clear();
    await Promise.all(all.map(closed));
  }

  async forget(key: string): Promise<void> {
    const before = this.#opened.get(key);
    this.#opened.delete(key);
    await closed(before);
  }

  async #credentials(
    { metadata, spec }: StoredAccount,
    signal: AbortSignal,
  ): Promise<Record<string, string>> {
    const reference = { namespace: metadata.namespace, name: spec.credentials.name };
    const secret = await this.#client.get(
      { apiVersion: 'v1', kind: 'Secret', metadata: reference },
      { signal },
    );
    if (secret === undefined)
      throw infraError('ACCOUNT_INVALID', {
        subject: `SkerryAccount ${metadata.namespace}/${metadata.name}`,
        detail: `no Secret ${spec.credentials.name}`,
      });
    return Object.fromEntries(
      Object.entries(objectAt(secret, 'data') ?? {}).flatMap(([key, text]) =>
        typeof text === 'string' ? [[key, Buffer.from(text, 'base64').toString()]] : [],
      ),
    );
  }
}

async function closed(opened: Opened | undefined): Promise<void> {
  const provider = await opened?.provider.catch(() => undefined);
  await provider?.close().catch(() => undefined);
}
