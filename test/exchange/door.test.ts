import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { connect } from 'node:tls';
import WebSocket from 'ws';
import { isSkerryError } from '../../content/error.ts';
import { Connection } from '../../platform/agent/exchange/connection.ts';
import { fingerprint } from '../../platform/desired/fingerprint.ts';
import { issueAgentCertificate } from '../../platform/hub/authority/agent-certificate.ts';
import { clusterReference } from '../../platform/hub/enroll/stored.ts';
import { makeAuthority } from '../../platform/hub/tls/certificate.ts';
import { CLUSTER, HubSite, ID, NAME, PROJECT } from './hub-site.ts';
import { until } from './until.ts';

const DAY_MS = 86_400_000;

describe("the agents' door", { timeout: 60_000 }, () => {
  let site: HubSite;
  const { signal } = new AbortController();
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const url = () => `https://localhost:${site.port}`;
  const authorities = () => site.authority.certificates;
  const connectWith = async (certificate: string, withKey = key) =>
    await Connection.open({
      way: { url: url(), authorities: authorities() },
      certificate,
      key: withKey,
      signal,
    });
  const certificateFor = async (name = NAME) =>
    await site.authority.issueAgent(publicKey, { project: PROJECT, name, id: ID });
  const accepted = async (name: string) =>
    await until(`the key of ${name} is accepted`, () => {
      return site.fleet.cluster({ project: PROJECT, name })?.key === fingerprint(publicKey);
    });
  const refusedWith = (code: string) => (error: unknown) =>
    isSkerryError(error, 'HUB_REFUSED') && error.detail === code;
  async function socketWith(certificate: string): Promise<WebSocket> {
    const options = { ca: [...authorities()], cert: certificate, key };
    const socket = new WebSocket(`wss://localhost:${site.port}/v1/agent`, options);
    await once(socket, 'open');
    return socket;
  }

  beforeEach(async () => {
    site = await HubSite.open();
    site.accept(fingerprint(publicKey));
    await accepted(NAME);
  });
  afterEach(async () => await site.close());

  test('lets nobody in without a certificate for agents by its own authority', async () => {
    const stranger = await makeAuthority(new Date());
    const subject = { ...CLUSTER, id: ID };
    const foreign = await issueAgentCertificate(stranger, publicKey, subject, new Date(), 1);
    const serving = await site.authority.issueServer(['localhost']);
    for (const [certificate, withKey] of [[''], [foreign], [serving.certificate, serving.key]] as const)
      await assert.rejects(connectWith(certificate, withKey), refusedWith('AGENT_CERTIFICATE_INVALID'));
    assert.equal(site.connected, 0);
    const connection = await connectWith(await certificateFor());
    assert.equal(site.connected, 1);
    connection.terminate();
  });

  test('lets nobody in with a certificate that ran out', async () => {
    const certificate = await certificateFor();
    site.skip(366 * DAY_MS);
    await assert.rejects(connectWith(certificate), refusedWith('AGENT_CERTIFICATE_EXPIRED'));
    assert.equal(site.connected, 0);
  });

  test('takes no more agents than it may, and each of them again', async () => {
    await site.stopDoor();
    site.maxAgents = 1;
    await site.start();
    site.api.put({ ...clusterReference(PROJECT, 'two'), spec: { agent: { key: fingerprint(publicKey) } } });
    await accepted('two');
    const first = await connectWith(await certificateFor());
    const two = await certificateFor('two');
    await assert.rejects(connectWith(two), refusedWith('AGENTS_TOO_MANY'));
    const again = await connectWith(await certificateFor());
    await first.ended;
    assert.equal(site.connected, 1);
    again.terminate();
    await until('there is room', () => site.connected === 0);
    const other = await connectWith(two);
    assert.equal(site.connected, 1);
    other.terminate();
  });

  test('ends a connection on which something else than messages comes, and says so', async () => {
    const report = { kind: 'report', report: { payloadType: 1 } };
    for (const sent of ['no message', JSON.stringify(report), Buffer.from('{}')]) {
      const socket = await socketWith(await certificateFor());
      const heard: string[] = [];
      socket.on('message', (data) => void heard.push(String(data)));
      const closed = once(socket, 'close');
      socket.send(sent);
      const [status] = await closed;
      const [answer] = heard.map((text) => JSON.parse(text));
      assert.deepEqual([status, answer?.kind, answer?.code], [1008, 'refused', 'MESSAGE_INVALID']);
    }
    assert.deepEqual(site.hub.reports, []);
  });

  test('does not keep the connection of one that it refused, even if that one does', async () => {
    const stubborn = { port: site.port, host: 'localhost', ca: [...authorities()], allowHalfOpen: true };
    const socket = connect(stubborn);
    await once(socket, 'secureConnect');
    let text = '';
    socket.on('data', (data) => {
      text += String(data);
    });
    socket.write(
      'GET /v1/agent HTTP/1.1\r\nhost: hub\r\nconnection: upgrade\r\nupgrade: websocket\r\n' +
        'sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
    );
    await once(socket, 'end');
    const [status, ...headers] = text.split('\r\n');
    assert.equal(status, 'HTTP/1.1 401 Unauthorized');
    assert.ok(headers.includes('x-skerry-code: AGENT_CERTIFICATE_INVALID'));
    // Writing to a connection that the other side has closed ends it, with an error.
    socket.on('error', () => undefined);
    const writing = setInterval(() => socket.write('still here'), 20);
    await new Promise((resolve) => socket.once('close', resolve));
    clearInterval(writing);
  });

  test('cuts off who begins a request and does not end it', async () => {
    await site.stopDoor();
    site.requestMs = 200;
    await site.start();
    const socket = connect({ port: site.port, host: 'localhost', ca: [...authorities()] });
    await once(socket, 'secureConnect');
    const closed = once(socket, 'close');
    socket.resume().write('POST /enroll HTTP/1.1\r\nhost: hub\r\n');
    await closed;
  });
});
