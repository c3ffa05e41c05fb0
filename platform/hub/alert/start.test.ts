import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { suite, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../../apply/clock.ts';
import { listAt, textAt } from '../../../apply/json.ts';
import { ScriptedApiServer } from '../../../apply/testing/api-server.ts';
import { isSkerryError } from '../../../content/error.ts';
import type { AlertReceiverSpec } from '../../api/alert.ts';
import { definitionOf } from '../../api/custom-resource.ts';
import { API_VERSION } from '../../api/group.ts';
import { kinds } from '../../api/kinds.ts';
import { makeAuthority, makeServing } from '../tls/certificate.ts';
import { watchAll } from '../watched/testing/watch-all.ts';
import { startAlerts } from './start.ts';
import { SmtpServer } from './testing/smtp-server.ts';
import { postWebhook } from './webhook.ts';

/** A condition that must come true; the limit is for a test that fails. */
async function until(what: string, isSo: () => boolean): Promise<void> {
  for (const end = performance.now() + 20_000; !isSo(); await sleep(5))
    assert.ok(performance.now() < end, `never came true: ${what}`);
}

class Site {
  readonly server: ScriptedApiServer;
  readonly errors: unknown[] = [];
  now = Date.parse('2030-01-01T00:00:00Z');
  #stop = new AbortController();
  #running: Promise<void> | undefined;

  constructor(server: ScriptedApiServer) {
    this.server = server;
  }

  static async start(t: TestContext): Promise<Site> {
    const site = new Site(await ScriptedApiServer.start());
    t.after(async () => {
      await site.stop();
      await site.server.close();
    });
    site.server.put(...kinds.map(definitionOf), {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'events.events.k8s.io' },
      spec: {
        group: 'events.k8s.io',
        scope: 'Namespaced',
        names: { kind: 'Event', plural: 'events' },
        versions: [{ name: 'v1' }],
      },
    });
    return site;
  }

  run(): void {
    this.#stop = new AbortController();
    const client = this.server.client();
    this.#running = startAlerts({
      client,
      watched: watchAll(client, this.#stop.signal),
      signal: this.#stop.signal,
      clock: systemClock,
      now: () => new Date(this.now),
      onError: (error) => void this.errors.push(error),
      everyMs: 5,
    });
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  receiver(spec: AlertReceiverSpec): void {
    this.server.put({
      apiVersion: API_VERSION,
      kind: 'AlertReceiver',
      metadata: { name: 'r', namespace: 'p' },
      spec,
    });
  }

  secret(key: string, value: string): { name: string; key: string } {
    const metadata = {
      name: 's',
      namespace: 'p',
      labels: { 'skerry.dev/use': 'alerts' },
      annotations: { 'skerry.dev/hosts': 'localhost 127.0.0.1' },
    };
    const data = { [key]: Buffer.from(value).toString('base64') };
    this.server.put({ apiVersion: 'v1', kind: 'Secret', metadata, data });
    return { name: 's', key };
  }

  cluster(name: string, state: 'ready' | 'failed'): void {
    const layers = [{ name: 'web', version: '1.0.0', digest: '', state }];
    const object = {
      apiVersion: API_VERSION,
      kind: 'Cluster',
      metadata: { name, namespace: 'p' },
      spec: {},
      status: { phase: 'Ready', layers },
    };
    if (this.server.objects.find(`Cluster.skerry.dev p/${name}`) === undefined) this.server.put(object);
    else this.server.objects.replace(object);
  }

  alerts() {
    return this.server.objects.all().filter(({ kind }) => kind === 'Alert');
  }

  isTold(count: number, state: string, ways = 1): boolean {
    const told = this.alerts().filter(
      (alert) =>
        listAt(alert, 'status', 'sent').filter((sent) => textAt(sent, 'state') === state).length >= ways,
    );
    return told.length === count;
  }
}

interface Hook {
  readonly url: string;
  readonly bodies: { alerts: { state: string; cluster: string }[] }[];
  readonly tokens: (string | undefined)[];
  status: number;
}

async function startHook(t: TestContext, server: Server = createServer()): Promise<Hook> {
  const hook: Hook = { url: '', bodies: [], tokens: [], status: 204 };
  server.on('request', async (request, response) => {
    const text = Buffer.concat(await Array.fromAsync(request)).toString();
    if (hook.status === 204) hook.bodies.push(JSON.parse(text));
    hook.tokens.push(request.headers.authorization);
    response.writeHead(hook.status, { location: '/elsewhere' }).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const bound = server.address();
  return Object.assign(hook, {
    url: `http://127.0.0.1:${typeof bound === 'object' && bound !== null ? bound.port : 0}/alerts`,
  });
}

suite('alerts, from the fleet to a receiver', () => {
  test('what is found at once comes in one message, and again only when it is over', async (t) => {
    const site = await Site.start(t);
    const hook = await startHook(t);
    site.receiver({
      webhook: { url: hook.url, secret: site.secret('token', 'open-sesame\n') },
      events: true,
    });
    for (let n = 0; n < 20; n++) site.cluster(`c${n}`, 'failed');
    site.run();
    await until('all told', () => site.isTold(20, 'firing', 2));
    assert.equal(hook.bodies.length, 1);
    assert.equal(hook.bodies[0]?.alerts.length, 20);
    assert.equal(hook.tokens[0], 'Bearer open-sesame');
    for (let n = 0; n < 20; n++) site.cluster(`c${n}`, 'ready');
    await until('absence was seen', () => {
      site.now += 10_000;
      return site.isTold(20, 'resolved', 2);
    });
    const states = hook.bodies.flatMap(({ alerts }) => alerts.map(({ state }) => state));
    assert.equal(states.filter((state) => state === 'resolved').length, 20);
    assert.equal(states.length, 40);
    const events = site.server.objects.all().filter(({ kind }) => kind === 'Event');
    assert.equal(events.length, 40);
    assert.equal(textAt(events[0], 'regarding', 'kind'), 'Cluster');
    assert.equal(site.alerts().length, 20);
  });

  test('a restart sends nothing again', async (t) => {
    const site = await Site.start(t);
    const hook = await startHook(t);
    site.receiver({ webhook: { url: hook.url } });
    site.cluster('c', 'failed');
    site.run();
    await until('told', () => site.isTold(1, 'firing'));
    await site.stop();
    site.cluster('d', 'failed');
    site.run();
    await until('the new one is sent', () => site.isTold(2, 'firing'));
    assert.deepEqual(
      hook.bodies.map(({ alerts }) => alerts.map(({ cluster }) => cluster)),
      [['c'], ['d']],
    );
  });

  test('a receiver that fails is not taken for told, and redirects are not followed', async (t) => {
    const site = await Site.start(t);
    const hook = await startHook(t);
    hook.status = 302;
    site.receiver({ webhook: { url: hook.url } });
    site.cluster('c', 'failed');
    site.run();
    await until('it failed', () => site.errors.some((error) => isSkerryError(error, 'ALERT_NOT_SENT')));
    assert.ok(site.isTold(0, 'firing'));
    assert.equal(hook.tokens.length, 1);
    await site.stop();
    hook.status = 204;
    site.run();
    await until('told', () => site.isTold(1, 'firing'));
  });

  test('a webhook over TLS is trusted by its own CA, and not without', async (t) => {
    const authority = await makeAuthority(new Date());
    const { certificate, key } = await makeServing(authority, ['localhost'], new Date());
    const hook = await startHook(t, createTlsServer({ cert: certificate, key }));
    const url = hook.url.replace('http://127.0.0.1', 'https://localhost');
    const options = { signal: AbortSignal.timeout(20_000), timeoutMs: 10_000 };
    await postWebhook({ url, ca: authority.certificate }, { alerts: [] }, options);
    await assert.rejects(postWebhook({ url }, {}, options), { code: 'ALERT_NOT_SENT' });
    await assert.rejects(postWebhook({ url: 'file:///etc/passwd' }, {}, options), {
      code: 'ALERT_RECEIVER_INVALID',
    });
    assert.equal(hook.bodies.length, 1);
  });
});

suite('alerts by e-mail', () => {
  for (const tls of ['starttls', 'implicit', 'none'] as const) {
    test(`over ${tls}`, async (t) => {
      const site = await Site.start(t);
      const authority = await makeAuthority(new Date());
      const { certificate, key } = await makeServing(authority, ['127.0.0.1'], new Date());
      const smtp = await SmtpServer.start(
        tls === 'none' ? {} : { tls: { cert: certificate, key }, implicit: tls === 'implicit' },
      );
      t.after(() => smtp.close());
      const login =
        tls === 'none'
          ? {}
          : { username: 'hub', password: site.secret('password', 'secret'), ca: authority.certificate };
      site.receiver({
        email: { server: smtp.address, tls, from: 'hub@site.example', to: ['ops@site.example'], ...login },
      });
      site.cluster('c', 'failed');
      site.run();
      await until('told', () => site.isTold(1, 'firing'));
      const [mail] = smtp.mails;
      assert.equal(smtp.mails.length, 1);
      assert.equal(mail?.isSecure, tls !== 'none');
      assert.equal(mail?.login, tls === 'none' ? undefined : 'hub secret');
      assert.match(mail?.data ?? '', /LayerFailed/);
    });
  }

  test('a password goes nowhere in clear, and a server that refuses is not taken for told', async (t) => {
    const site = await Site.start(t);
    const smtp = await SmtpServer.start();
    t.after(() => smtp.close());
    const email = { server: smtp.address, from: 'a@b.example', to: ['c@d.example'] };
    site.receiver({ email: { ...email, username: 'hub', password: site.secret('password', 'secret') } });
    site.cluster('c', 'failed');
    site.run();
    await until('it failed', () => site.errors.some((error) => isSkerryError(error, 'ALERT_NOT_SENT')));
    assert.deepEqual([smtp.mails.length, site.isTold(0, 'firing')], [0, true]);
  });
});
