import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { clusterPrograms } from '../builds/program.ts';
import { ensurePrograms, programCache } from '../builds/programs.ts';
import { type Cluster, startCluster } from '../cluster.ts';
import { ensureHost } from '../host.ts';
import { islandCounters } from './island.ts';
import { joinClusters, type Wire } from './wire.ts';

const PORT = '7100';
/** Answers each line with the same line. */
const ECHO = `require('node:net').createServer((socket) => socket.pipe(socket).on('error', () => {}))
  .listen(${PORT}, () => console.log('listening'))`;

describe('a wire between two islands', { timeout: 180_000 }, () => {
  let hub: Cluster;
  let agent: Cluster;
  let wire: Wire;
  const controller = new AbortController();

  before(async () => {
    await ensureHost({ install: true });
    const programs = await ensurePrograms(clusterPrograms, { cache: programCache(process.env) });
    const start = async (name: string) => await startCluster({ name, programs });
    [hub, agent] = await Promise.all([start('wire-hub'), start('wire-agent')]);
    wire = await joinClusters(hub, agent);
    const echo = hub.execOnNode(process.execPath, ['-e', ECHO], { signal: controller.signal });
    assert.ok(echo.stdout !== null);
    await once(echo.stdout, 'data');
  });

  after(async () => {
    controller.abort();
    await Promise.all([hub?.stop(), agent?.stop()]);
  });

  /** What a client on the agent's node gets back within a second: its line, the code of an error, or nothing. */
  async function ask(): Promise<string> {
    return await talk(`socket.write('hello\\n')`, 1000);
  }

  async function talk(onConnect: string, patienceMs: number): Promise<string> {
    const script = `
      const socket = require('node:net').connect(${PORT}, '${hub.nodeAddress}');
      const say = (text) => { console.log(text); process.exit(); };
      socket.on('connect', () => { ${onConnect} });
      socket.on('data', (data) => say(String(data).trim())).on('error', ({ code }) => say(code));
      setTimeout(() => say('silence'), ${patienceMs});`;
    const { stdout } = await agent.execOnNode(process.execPath, ['-e', script]);
    return stdout;
  }

  test('carries what goes to the other node, and counts none of it as leaving', async () => {
    assert.equal(await ask(), 'hello');
    assert.equal((await islandCounters(hub)).total, 0);
    assert.equal((await islandCounters(agent)).total, 0);
  });

  test("leads to nothing but the other's node", async () => {
    for (const address of [hub.workstation.address, hub.plan.api, '10.202.99.1']) {
      const { stdout } = await agent.execOnNode('ip', ['route', 'get', address]);
      assert.doesNotMatch(stdout, /dev wire/, address);
    }
  });

  test('is silent when cut or half open, and works again when mended', async () => {
    for (const fault of [wire.cut, () => wire.halfOpen('to-hub'), () => wire.halfOpen('to-agent')]) {
      await fault();
      assert.equal(await ask(), 'silence');
      await wire.mend();
      assert.equal(await ask(), 'hello');
    }
  });

  test('resets the connections that there are, and lets the next one through', async () => {
    const waiting = talk('', 20_000);
    const connections = async () =>
      (await hub.execOnNode('ss', ['-tnH', 'state', 'established', 'dst', agent.nodeAddress])).stdout;
    while ((await connections()) === '') await new Promise((resolve) => setTimeout(resolve, 50));
    await wire.reset();
    assert.match(await waiting, /ECONNRESET|ECONNABORTED/);
    assert.equal(await ask(), 'hello');
  });

  test('lets less through when slowed', async () => {
    await wire.slow({ kbit: 8 });
    const send = `socket.write(Buffer.alloc(400_000, 'x')); socket.end();
      let got = 0; socket.removeAllListeners('data'); socket.on('data', (data) => { got += data.length });
      setTimeout(() => say(String(got)), 1500);`;
    assert.ok(Number(await talk(send, 5000)) < 200_000);
    await wire.mend();
    assert.equal(Number(await talk(send, 5000)), 400_000);
  });
});
