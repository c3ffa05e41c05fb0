import type { KeyPair } from '../tls/certificate.ts';
import type { Authority } from './authority.ts';

export interface KeepFreshOptions {
  readonly authority: Pick<Authority, 'refresh' | 'issueServer' | 'isDue'>;
  /** DNS names and addresses of the agents' door. */
  readonly names: readonly string[];
  /** What the door serves with now. */
  readonly tls: KeyPair;
  /** Serves with this certificate from now on. */
  readonly use: (tls: KeyPair) => void;
  /** Another authority or key is trusted or used than before. */
  readonly onChange: () => void;
  readonly onError: (error: unknown) => void;
  readonly signal: AbortSignal;
}

const LOOK_MS = 60_000;

/**
 * Looks for authorities that were added, put to use and dropped while this runs, by whatever hub, and renews the door's
 * own certificate: well before its end, and at once where a clock that jumped has made it useless. Gives what looks at
 * once.
 */
export function keepFresh(options: KeepFreshOptions): () => Promise<void> {
  const { authority, names, use, onChange, onError, signal } = options;
  let { tls } = options;
  const look = async () => {
    const isChanged = await authority.refresh();
    if (isChanged || authority.isDue(tls.certificate)) {
      tls = await authority.issueServer(names);
      use(tls);
    }
    if (isChanged) onChange();
  };
  const timer = setInterval(() => {
    look().catch(onError);
  }, LOOK_MS).unref();
  signal.addEventListener('abort', () => clearInterval(timer), { once: true });
  return look;
}
