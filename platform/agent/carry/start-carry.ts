import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import type { KubeClient } from '../../../apply/client/client.ts';
import type { Clock } from '../../../apply/clock.ts';
import { sign } from '../../desired/dsse.ts';
import type { ClusterIdentity } from '../../desired/envelope.ts';
import type { EnrollAnswer, HubMessage } from '../../desired/message.ts';
import { hubKeys } from '../exchange/doors.ts';
import type { Holder } from '../exchange/holder.ts';
import { Session } from '../exchange/session.ts';
import { csrOf } from '../identity/identity.ts';
import type { IdentitySecret } from '../identity/identity-secret.ts';
import { followInbox } from './follow-inbox.ts';
import { keepOutbox } from './keep-outbox.ts';
import type { CarriedIdentity } from './outbox-file.ts';

export interface CarryOptions {
  readonly client: Pick<KubeClient, 'get' | 'create' | 'replace' | 'watch'>;
  /** The agent's own. */
  readonly namespace: string;
  readonly holder: Holder;
  readonly identity: Pick<IdentitySecret, 'current' | 'keep'>;
  readonly agentVersion: string;
  /** UID of the kube-system namespace. */
  readonly id: string;
  /** Public keys (PEM) of the hub that the agent was installed with. */
  readonly installedKeys: readonly string[];
  /** Read whenever it is needed. */
  readonly token: () => Promise<string | undefined>;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** The time of day. */
  readonly now: () => Date;
  readonly log: { warn(fields: object, message: string): void };
  /** Milliseconds between two looks at what is new. */
  readonly everyMs?: number | undefined;
}

/**
 * The exchange by files, beside the one by network: keeps the outbox current and takes what is put into the inbox, until
 * the signal is aborted.
 */
export async function startCarry(options: CarryOptions): Promise<void> {
  const { client, namespace, holder, identity, signal, clock, now, log, everyMs } = options;
  const carrier = new Carrier(options);
  const onError = (err: unknown) => log.warn({ err }, 'a file for or from the hub could not be used');
  await Promise.all([
    keepOutbox({
      ...{ client, namespace, holder, signal, clock, now, onError, everyMs },
      identity: async () => await carrier.identity(),
      sign: (type, bytes) => sign(type, bytes, identity.current.privateKey, identity.current.key),
    }),
    followInbox({
      ...{ client, namespace, signal, clock, onError, id: options.id },
      key: identity.current.key,
      keys: () => carrier.keys(),
      cluster: () => carrier.cluster(),
      receive: async (message) => await carrier.receive(message),
      enrolled: async (answer) => await carrier.enrolled(answer),
    }),
  ]);
}

class Carrier {
  readonly #options: CarryOptions;
  readonly #session: Session;

  constructor(options: CarryOptions) {
    this.#options = options;
    const { holder, agentVersion, log } = options;
    this.#session = new Session({
      holder,
      agentVersion,
      onRefused: (code, detail) => log.warn({ code, detail }, 'the hub refused what was carried to it'),
    });
  }

  cluster(): ClusterIdentity | undefined {
    const { identity, id } = this.#options;
    const { enrolled } = identity.current;
    return enrolled === undefined ? undefined : { project: enrolled.project, name: enrolled.cluster, id };
  }

  /** As for envelopes; what the agent was installed with counts until it was let in. */
  keys(): KeyObject[] {
    const { holder, identity, installedKeys } = this.#options;
    const known = identity.current.enrolled?.hub.keys ?? installedKeys;
    return hubKeys(holder.held()?.signed, known).flatMap(readKey);
  }

  async identity(): Promise<CarriedIdentity> {
    const { identity, id, agentVersion } = this.#options;
    const { current } = identity;
    const publicKey = createPublicKey(current.privateKey).export({ type: 'spki', format: 'pem' }).toString();
    const [cluster, csr] = [this.cluster(), csrOf(current)];
    if (cluster !== undefined) return { publicKey, cluster, csr, enroll: undefined, agentVersion };
    const [sealingKey, token] = [{ ...current.sealing.publicJwk }, await this.#options.token()];
    return { publicKey, cluster, csr, enroll: { token, csr, id, sealingKey, agentVersion }, agentVersion };
  }

  async receive(message: HubMessage): Promise<void> {
    const { identity } = this.#options;
    // What it would answer is in the outbox anyway.
    await this.#session.handle(message);
    if (message.kind !== 'certificate') return;
    const { certificate } = message;
    if (isNewer(certificate, identity.current.certificate, this.#options.identity.current.privateKey))
      await identity.keep({ certificate });
  }

  async enrolled(answer: EnrollAnswer): Promise<void> {
    const { identity } = this.#options;
    if (answer.state !== 'accepted' || identity.current.enrolled !== undefined) return;
    const { certificate, project, cluster, hub } = answer;
    await identity.keep({ certificate, enrolled: { project, cluster, hub } });
  }
}

// A stick that comes late must not bring back a certificate that ends sooner.
function isNewer(certificate: string, current: string | undefined, privateKey: KeyObject): boolean {
  try {
    const next = new X509Certificate(certificate);
    if (!next.checkPrivateKey(privateKey)) return false;
    if (current === undefined) return true;
    return Date.parse(next.validTo) > Date.parse(new X509Certificate(current).validTo);
  } catch {
    return false;
  }
}

function readKey(pem: string): KeyObject[] {
  try {
    return [createPublicKey(pem)];
  } catch {
    return [];
  }
}
