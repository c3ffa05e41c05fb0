import assert from 'node:assert/strict';
import type { KeyObject } from 'node:crypto';
import type WebSocket from 'ws';
import { sign } from '../../platform/desired/dsse.ts';
import type { ClusterIdentity } from '../../platform/desired/envelope.ts';
import { fingerprint } from '../../platform/desired/fingerprint.ts';
import { HubMessage, type Signed } from '../../platform/desired/message.ts';
import { REPORT_TYPE } from '../../platform/desired/report.ts';
import { until } from './until.ts';

/** An agent's hello, of whatever protocol. */
export function hello(said: { readonly protocol: number; readonly oldestProtocol?: number }) {
  const nothing = { number: 0, digest: '', reportNumber: 0, reportDigest: '', eventNumber: 0 };
  return { kind: 'hello', agentVersion: '9.9.9', ...nothing, ...said };
}

/** The first report of an agent that holds nothing yet. */
export function firstReport(
  { privateKey, publicKey }: { readonly privateKey: KeyObject; readonly publicKey: KeyObject },
  cluster: ClusterIdentity,
  more: object = {},
): Signed {
  const report = {
    version: 1,
    cluster,
    agentVersion: '9.9.9',
    number: 1,
    at: new Date().toISOString(),
    envelope: { number: 0, digest: '', state: 'none', since: '' },
    layers: [],
    removed: [],
    drift: { count: 0, items: [] },
    kubernetes: '',
    nodes: { ready: 0, total: 0, lost: [] },
    capacity: { cpu: 0, memoryBytes: 0, pods: 0 },
    certificates: [],
    ...more,
  };
  return sign(REPORT_TYPE, Buffer.from(JSON.stringify(report)), privateKey, fingerprint(publicKey));
}

type Of<K extends HubMessage['kind']> = Extract<HubMessage, { kind: K }>;

/** An agent that says what it is made to say, and keeps what it hears. */
export class SpokenAgent {
  readonly #socket: WebSocket;
  readonly heard: HubMessage[] = [];

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data) => void this.heard.push(HubMessage.parse(JSON.parse(String(data)))));
  }

  say(message: object): void {
    this.#socket.send(JSON.stringify(message));
  }

  async hears<K extends HubMessage['kind']>(kind: K): Promise<Of<K>> {
    const isIt = (message: HubMessage): message is Of<K> => message.kind === kind;
    await until(`the hub says ${kind}`, () => this.heard.some(isIt));
    const found = this.heard.find(isIt);
    assert.ok(found !== undefined);
    return found;
  }

  close(): void {
    this.#socket.terminate();
  }
}
