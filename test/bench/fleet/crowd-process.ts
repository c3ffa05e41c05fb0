import { createPublicKey } from 'node:crypto';
import { systemClock } from '../../../apply/clock.ts';
import { runExchange } from '../../../platform/agent/exchange/exchange.ts';
import { csrOf, type Identity, makeIdentity } from '../../../platform/agent/identity/identity.ts';
import { type CrowdNews, CrowdOrder, type MadeAgent } from './crowd-message.ts';
import { ReadyHolder } from './ready-holder.ts';

/** Plays many agents for the fleet's benchmark, as its parent orders. */
const identities = new Map<string, Identity>();

type ConnectOrder = Extract<CrowdOrder, { kind: 'connect' }>;

process.on('message', (message) => {
  take(CrowdOrder.parse(message)).catch((error: unknown) => tell({ kind: 'trouble', text: String(error) }));
});

async function take(order: CrowdOrder): Promise<void> {
  if (order.kind === 'make') return tell({ kind: 'made', agents: await Promise.all(order.names.map(make)) });
  for (const agent of order.agents) connect(order, agent);
}

async function make(name: string): Promise<MadeAgent> {
  const identity = await makeIdentity();
  identities.set(name, identity);
  const publicKey = createPublicKey(identity.privateKey).export({ type: 'spki', format: 'pem' }).toString();
  return { name, publicKey, key: identity.key, sealingKey: { ...identity.sealing.publicJwk } };
}

/** The product's own exchange, with what it is given by enrolling. */
function connect(
  { project, hub }: ConnectOrder,
  { name, id, certificate }: ConnectOrder['agents'][number],
): void {
  const made = identities.get(name);
  if (made === undefined) throw new Error(`no keys of ${name}`);
  let current: Identity = { ...made, certificate, enrolled: { project, cluster: name, hub } };
  const holder = new ReadyHolder({ project, name, id }, made.privateKey, hub.keys);
  let connected = false;
  const say = () => tell({ kind: 'state', name, connected, number: holder.held()?.number ?? 0 });
  holder.onChange(say);
  void runExchange({
    holder,
    identity: {
      get current() {
        return current;
      },
      keep: async (kept) => {
        current = { ...current, ...kept };
      },
      csr: async () => await csrOf(current),
    },
    agentVersion: '0.0.0-bench',
    id,
    installed: undefined,
    token: async () => undefined,
    signal: new AbortController().signal,
    log: {
      info: (_, message) => {
        // What the exchange logs is all that it says of its connection.
        if (message === 'the agent is connected to its hub') connected = true;
        else if (message === 'the connection to the hub has ended') connected = false;
        else return;
        say();
      },
      warn: (fields, message) => tell({ kind: 'trouble', text: `${name}: ${message} ${describe(fields)}` }),
    },
    today: () => new Date(),
    clock: systemClock,
    random: Math.random,
  });
}

function describe(fields: object): string {
  const { err } = fields as { err?: unknown };
  return err instanceof Error ? `${err.message}` : JSON.stringify(fields);
}

function tell(news: CrowdNews): void {
  process.send?.(news);
}
