import { CHECKPOINT_KEY_SECRET, PUSH_SECRET, USERS_SECRET } from '../names.ts';
import type { Certificate } from './certificate.ts';

/** What the platform is known to keep under a key of a Secret. */
export interface Kept {
  readonly name: string;
  readonly kind: Certificate['kind'];
  readonly renewedBy: string;
  /** The share of its lifetime that is left when it is renewed; absent where that is not for a date to say. */
  readonly renewLeft?: number | undefined;
}

interface Keeper {
  readonly secret: RegExp;
  readonly key: RegExp;
  readonly kept: (number: string) => Kept;
}

const HUB = 'the hub, by itself';
const HAND = 'whoever put it there';
/** As the hub does it unless configured otherwise (`certificates.renewLeftPercent` of its chart). */
const THIRD = 0.33;

/** Secrets of a chart or of the installer, by their names, and what is under their keys. */
const KEEPERS: readonly Keeper[] = [
  hub(/^skerry-hub-tls$/, /^tls\.crt$/, 'hub certificate', 'certificate'),
  hub(/^skerry-hub-tls$/, /^ca\.crt$/, 'hub authority', 'authority'),
  hub(/^skerry-hub-authority$/, /^ca-(\d+)\.crt$/, 'agents’ authority', 'authority'),
  endless(/^skerry-hub-authority$/, /^signing-(\d+)\.key$/, 'key that signs envelopes', {
    kind: 'key',
    renewedBy: 'the hub, with the agents’ authority',
  }),
  endless(/^skerry-hub-sessions$/, /^key-(\d+)$/, 'key of sessions', {
    kind: 'key',
    renewedBy: 'the hub, each month',
  }),
  {
    secret: /^skerry-agent-identity$/,
    key: /^tls\.crt$/,
    kept: () => ({
      name: 'agent certificate',
      kind: 'certificate',
      renewedBy: 'the agent, by itself',
      renewLeft: THIRD,
    }),
  },
  endless(new RegExp(`^${PUSH_SECRET}$`), /^password$/, 'password that pushes to the registry', {
    kind: 'password',
    renewedBy: 'skerry install, where it is lost or does not fit',
  }),
  endless(new RegExp(`^${USERS_SECRET}$`), /^users$/, 'users of the registry (hashes)', {
    kind: 'password',
    renewedBy: 'skerry install, where it is lost or does not fit',
  }),
  endless(new RegExp(`^${CHECKPOINT_KEY_SECRET}$`), /key/, 'key of checkpoints', {
    kind: 'key',
    renewedBy: 'nobody: checkpoints are read with it',
  }),
];

/** What is known of a key of a Secret; undefined where nothing is. */
export function keptAt(secret: string, key: string): Kept | undefined {
  for (const keeper of KEEPERS) {
    if (!keeper.secret.test(secret)) continue;
    const match = keeper.key.exec(key);
    if (match !== null) return keeper.kept(match[1] ?? '');
  }
  return undefined;
}

/** A certificate that nothing of the platform keeps: a component brought it, or somebody. */
export function keptByOthers(secret: string): Kept {
  return { name: `certificate of ${secret}`, kind: 'certificate', renewedBy: HAND };
}

function hub(secret: RegExp, key: RegExp, title: string, kind: Certificate['kind']): Keeper {
  return {
    secret,
    key,
    kept: (number) => ({ name: named(title, number), kind, renewedBy: HUB, renewLeft: THIRD }),
  };
}

function endless(secret: RegExp, key: RegExp, title: string, rest: Omit<Kept, 'name' | 'renewLeft'>): Keeper {
  return { secret, key, kept: (number) => ({ name: named(title, number), ...rest }) };
}

function named(title: string, number: string): string {
  return number === '' ? title : `${title} ${number}`;
}
