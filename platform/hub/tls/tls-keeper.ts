import { createSecureContext } from 'node:tls';
import { messageOf } from '../../../content/error.ts';
import { platformError } from '../../errors.ts';
import type { KeyPair } from './certificate.ts';

export interface TlsKeeperOptions {
  /** Where the certificate comes from, for messages. */
  readonly name: string;
  readonly read: () => Promise<KeyPair>;
  /** Between two looks, in milliseconds. */
  readonly everyMs: number;
  readonly signal: AbortSignal;
  /** Told of a look that failed; the certificate stays what it was. */
  readonly onError: (error: unknown) => void;
}

/** The current certificate, looked after for as long as the hub runs. */
export class TlsKeeper {
  readonly #options: TlsKeeperOptions;
  #current: KeyPair;

  private constructor(options: TlsKeeperOptions, current: KeyPair) {
    this.#options = options;
    this.#current = current;
  }

  /** Throws what `read` throws, and TLS_CERTIFICATE_INVALID. */
  static async open(options: TlsKeeperOptions): Promise<TlsKeeper> {
    return new TlsKeeper(options, await readUsable(options));
  }

  get current(): KeyPair {
    return this.#current;
  }

  /** Looks again and again until the signal is aborted; `use` gets each new certificate. */
  watch(use: (pair: KeyPair) => void): void {
    const timer = setInterval(() => this.check(use), this.#options.everyMs);
    timer.unref();
    this.#options.signal.addEventListener('abort', () => clearInterval(timer), { once: true });
  }

  /** Looks once. */
  async check(use: (pair: KeyPair) => void): Promise<void> {
    try {
      const pair = await readUsable(this.#options);
      if (pair.certificate === this.#current.certificate && pair.key === this.#current.key) return;
      use(pair);
      this.#current = pair;
    } catch (error) {
      if (!this.#options.signal.aborted) this.#options.onError(error);
    }
  }
}

async function readUsable({ name, read }: TlsKeeperOptions): Promise<KeyPair> {
  const pair = await read();
  try {
    createSecureContext({ cert: pair.certificate, key: pair.key });
  } catch (cause) {
    throw platformError('TLS_CERTIFICATE_INVALID', { subject: name, detail: messageOf(cause) });
  }
  return pair;
}
