import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import { connect, type TLSSocket } from 'node:tls';
import WebSocket from 'ws';
import { z } from 'zod';
import { parseManifests } from '../../apply/manifest.ts';
import { makeCsr } from '../../platform/desired/csr.ts';
import { EnrollAnswer } from '../../platform/desired/message.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { SpokenAgent } from '../exchange/spoken-agent.ts';

const Secret = z.looseObject({ data: z.looseObject({ token: z.string() }) });
const ConfigMap = z.looseObject({ data: z.looseObject({ 'hub.json': z.string() }) });
const Hub = z.looseObject({ urls: z.tuple([z.url()]).rest(z.string()), authorities: z.array(z.string()) });

/** An agent of another version at the door of a real hub: anyone with a manifest may write one. */
export class OddAgent {
  readonly keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  readonly #hub: Cluster;
  readonly #door: z.infer<typeof Hub>;
  #certificate = '';

  private constructor(hub: Cluster, door: z.infer<typeof Hub>) {
    this.#hub = hub;
    this.#door = door;
  }

  /** Joins as the agent of a cluster with this id, by a manifest whose token needs nobody to accept its key. */
  static async join(hub: Cluster, manifest: string, id: string): Promise<OddAgent> {
    const objects = parseManifests(manifest, 'manifest');
    const named = (kind: string, name: string) =>
      objects.find((object) => object.kind === kind && object.metadata.name === name);
    const { data } = ConfigMap.parse(named('ConfigMap', 'skerry-agent-hub'));
    const { token } = Secret.parse(named('Secret', 'skerry-agent-token')).data;
    const agent = new OddAgent(hub, Hub.parse(JSON.parse(data['hub.json'])));
    const sealing = generateKeyPairSync('x25519').publicKey.export({ format: 'jwk' });
    const body = {
      token: Buffer.from(token, 'base64').toString(),
      csr: await makeCsr(agent.keys.privateKey),
      id,
      sealingKey: sealing,
      agentVersion: '9.9.9',
      wind: 'north',
    };
    const answer = EnrollAnswer.parse(JSON.parse(await agent.#post('/enroll', JSON.stringify(body))));
    assert.ok(answer.state === 'accepted', JSON.stringify(answer));
    agent.#certificate = answer.certificate;
    return agent;
  }

  async connect(): Promise<SpokenAgent> {
    const socket = await this.#secure();
    const { host } = this.#url();
    const webSocket = new WebSocket(`wss://${host}/v1/agent`, { createConnection: () => socket });
    const agent = new SpokenAgent(webSocket);
    await once(webSocket, 'open');
    return agent;
  }

  async #post(path: string, body: string): Promise<string> {
    const socket = await this.#secure();
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const sent = request(new URL(path, this.#url()), {
      method: 'POST',
      headers,
      createConnection: () => socket,
    });
    sent.end(body);
    const answer = await new Promise<string>((resolve, reject) => {
      sent.once('error', reject);
      sent.once('response', (response) => resolve(text(response)));
    });
    socket.destroy();
    return answer;
  }

  // The test runs outside of the island.
  async #secure(): Promise<TLSSocket> {
    const { hostname, port } = this.#url();
    const socket = await this.#hub.connect(hostname, Number(port));
    const { privateKey } = this.keys;
    const own = {
      cert: this.#certificate,
      key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    };
    const secure = connect({
      ...{ socket, host: hostname, ca: this.#door.authorities },
      ...(this.#certificate === '' ? {} : own),
    });
    await once(secure, 'secureConnect');
    return secure;
  }

  #url(): URL {
    return new URL(this.#door.urls[0]);
  }
}
