import { createSecureContext } from 'node:tls';
import { messageOf } from '../../../content/error.ts';
import { platformError } from '../../errors.ts';
import { isCurrent, type KeyPair, readCertificate } from './certificate.ts';

export interface TlsKeeperOptions {
  /** Where the certificate comes from, for messages. */
  readonly name: string;
  readonly read: () => Promise<KeyPair>;
  /** Between two looks, in milliseconds. */
  readonly everyMs: number;
  /** The time of day. */
  readonly now?: (() => Date) | undefined;
  readonly signal: AbortSignal;
  /** Told of a look that failed; the certificate stays what it was. */
  readonly onError: (error: unknown) => void;
}

/** A clock that was set shows within this time, in milliseconds. */
const CLOCK_MS = 60_000;

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
    const stepMs = Math.min(this.#options.everyMs, CLOCK_MS);
    let sinceMs = 0;
    const timer = setInterval(() => {
      sinceMs += stepMs;
      if (!this.isLookDue(sinceMs)) return;
      sinceMs = 0;
      void this.check(use);
    }, stepMs);
    timer.unref();
    this.#options.signal.addEventListener('abort', () => clearInterval(timer), { once: true });
  }

  /** Whether to look so long after the last time: at once where nobody can take the certificate, by the clock of now. */
  isLookDue(sinceMs: number): boolean {
    const { everyMs, now = () => new Date() } = this.#options;
    const certificate = readCertificate(this.#current.certificate);
    return sinceMs >= everyMs || certificate === undefined || !isCurrent(certificate, now());
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
