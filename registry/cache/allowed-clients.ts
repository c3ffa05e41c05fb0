import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { hasCode, replaceFile } from '../../content/bytes/blob-file.ts';
import { tryJson } from '../../content/json.ts';
import type { Credentials } from '../../content/remote/credentials.ts';
import { hashWithScrypt, parseScryptHash, verifyScrypt } from '../access/passwords/scrypt-hash.ts';

const Client = z.object({
  /** Empty for clients that show nothing. */
  user: z.string(),
  hash: z.string(),
  /** When the registry last let it read each, in milliseconds since 1970. */
  repositories: z.record(z.string(), z.number()),
});
const File = z.object({ clients: z.array(Client) });
type Client = z.infer<typeof Client>;

const MAX_CLIENTS = 64;
const MAX_REPOSITORIES = 2000;
/** What is younger is not written down again. */
const WRITE_MS = 10 * 60_000;

/**
 * Which clients the registry let read what, so that they still can when both it and this process were away. Of a password
 * only a slow hash is kept. In a file that is replaced as a whole.
 */
export class AllowedClients {
  readonly #path: string;
  #clients: Client[];
  #writing: Promise<void> = Promise.resolve();

  private constructor(path: string, clients: Client[]) {
    this.#path = path;
    this.#clients = clients;
  }

  /** A file that is gone or damaged is begun again: all that is lost is what the registry can say again. */
  static async open(path: string): Promise<AllowedClients> {
    const text = await readFile(path, 'utf8').catch((error: unknown) => {
      if (hasCode(error, 'ENOENT')) return '';
      throw error;
    });
    const file = File.safeParse(tryJson(text));
    return new AllowedClients(path, file.success ? file.data.clients : []);
  }

  /** When a client was let read a repository last; undefined where it never was. */
  async find(credentials: Credentials | undefined, repository: string): Promise<number | undefined> {
    return (await this.#clientOf(credentials))?.repositories[repository];
  }

  /** Notes that a client was let read a repository. Throws DISK_FULL. */
  async note(credentials: Credentials | undefined, repository: string, at: number): Promise<void> {
    const turn = this.#writing.then(async () => await this.#note(credentials, repository, at));
    this.#writing = turn.catch(() => {});
    await turn;
  }

  /** Forgets that a client was let read a repository. */
  async forget(credentials: Credentials | undefined, repository: string): Promise<void> {
    const turn = this.#writing.then(async () => {
      const client = await this.#clientOf(credentials);
      if (client?.repositories[repository] === undefined) return;
      delete client.repositories[repository];
      await this.#write();
    });
    this.#writing = turn.catch(() => {});
    await turn;
  }

  async #note(credentials: Credentials | undefined, repository: string, at: number): Promise<void> {
    const known = await this.#clientOf(credentials);
    const before = known?.repositories[repository];
    if (before !== undefined && at - before < WRITE_MS) return;
    const client = known ?? (await newClient(credentials));
    const others = Object.entries(client.repositories).filter(([name]) => name !== repository);
    const kept = others.toSorted(([, a], [, b]) => b - a).slice(0, MAX_REPOSITORIES - 1);
    client.repositories = Object.fromEntries([[repository, at], ...kept]);
    this.#clients = [client, ...this.#clients.filter((one) => one !== client)].slice(0, MAX_CLIENTS);
    await this.#write();
  }

  async #clientOf(credentials: Credentials | undefined): Promise<Client | undefined> {
    const { username = '', password = '' } = credentials ?? {};
    for (const client of this.#clients) {
      if (client.user !== username) continue;
      if (credentials === undefined) return client;
      const hash = parseScryptHash(client.hash);
      if (hash !== undefined && (await verifyScrypt(password, hash))) return client;
    }
    return undefined;
  }

  async #write(): Promise<void> {
    await replaceFile(this.#path, JSON.stringify({ clients: this.#clients }), undefined, 0o600);
  }
}

async function newClient(credentials: Credentials | undefined): Promise<Client> {
  const { username: user = '', password } = credentials ?? {};
  const hash = password === undefined ? '' : await hashWithScrypt(password, randomBytes(16));
  return { user, hash, repositories: {} };
}
