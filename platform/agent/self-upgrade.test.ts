import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { listAt, objectAt, textAt } from '../../apply/json.ts';
import type { KubeObject } from '../../apply/object.ts';
import { ScriptedApiServer } from '../../apply/testing/api-server.ts';
import { isSkerryError } from '../../content/error.ts';
import { agentObjects } from '../desired/agent-objects.ts';
import { takeBackSelf, upgradeSelf } from './self-upgrade.ts';

const ID = 'Deployment.apps skerry-system/skerry-agent';
const NEW = { version: '0.2.0', image: 'localhost:31999/agent:0.2.0@sha256:b' };
const OLD = { version: '0.1.0', image: 'localhost:31999/agent:0.1.0@sha256:a' };
const NEXT = { version: '0.3.0', image: 'localhost:31999/agent:0.3.0@sha256:c' };

let server: ScriptedApiServer;
beforeEach(async () => {
  server = await ScriptedApiServer.start();
});
afterEach(async () => await server.close());

test('the agent has its Deployment run the image that the envelope names, and the one before again', async () => {
  server.put(deployment());
  await upgrade(NEW);
  assert.equal(image(), NEW.image);
  assert.equal(
    textAt(found(), 'spec', 'template', 'metadata', 'labels', 'app.kubernetes.io/version'),
    '0.2.0',
  );
  await upgrade(OLD);
  assert.equal(image(), OLD.image);
  await upgrade(undefined);
  assert.equal(image(), OLD.image);
});

test('a new agent that does not run is taken back, and not tried again', async () => {
  server.put(deployment());
  await upgrade(NEW);
  setStatus('ProgressDeadlineExceeded');
  const failed = (error: unknown) => isSkerryError(error, 'AGENT_UPGRADE_FAILED');
  await assert.rejects(upgrade(NEW), failed);
  assert.equal(image(), OLD.image);
  await assert.rejects(upgrade(NEW), failed);
  assert.equal(image(), OLD.image);
});

test('what failed is tried again once another was named in between, or none', async () => {
  server.put(deployment());
  for (const between of [OLD, undefined]) {
    await upgrade(NEW);
    assert.equal(image(), NEW.image);
    setStatus('ProgressDeadlineExceeded');
    const failed = (error: unknown) => isSkerryError(error, 'AGENT_UPGRADE_FAILED');
    await assert.rejects(upgrade(NEW), failed);
    setStatus('NewReplicaSetAvailable');
    await upgrade(between);
  }
  await upgrade(NEW);
  assert.equal(image(), NEW.image);
});

test('pods of an agent that is put back are the same to the cluster as before, and go on', async () => {
  server.put(deployment());
  const before = template();
  await upgrade(NEW);
  setStatus('ProgressDeadlineExceeded');
  await assert.rejects(upgrade(NEW));
  assert.deepEqual(template(), before);
});

describe('an agent that ends whenever it works', () => {
  const isTakenBack = async (pod: string | undefined) => {
    const { signal } = new AbortController();
    return await takeBackSelf({ client: server.client(), namespace: 'skerry-system', pod, signal });
  };

  test('puts the one before back after a few times, which says why', async () => {
    server.put(deployment(), pod('new', NEW.image, 2));
    await upgrade(NEW);
    setStatus('NewReplicaSetAvailable');
    assert.equal(await isTakenBack('new'), false);
    server.objects.replace(pod('new', NEW.image, 3));
    assert.equal(await isTakenBack('new'), true);
    assert.equal(image(), OLD.image);
    await assert.rejects(
      upgrade(NEW),
      (error) => isSkerryError(error, 'AGENT_UPGRADE_FAILED') && error.detail?.includes('3 times') === true,
    );
    // Its last pod, which may still be there, is no reason to go on from there.
    assert.equal(await isTakenBack('new'), false);
    assert.equal(image(), OLD.image);
  });

  test('stays where it has proven itself before, or is the first one', async () => {
    server.put(deployment(), pod('first', OLD.image, 9), pod('new', NEW.image, 9));
    assert.equal(await isTakenBack('first'), false);
    await upgrade(NEW);
    setStatus('NewReplicaSetAvailable');
    await upgrade(NEW, { version: NEW.version, isProven: true });
    assert.equal(await isTakenBack('new'), false);
    assert.equal(image(), NEW.image);
  });

  test('is proven by no other: not by the one before, which still works beside it', async () => {
    server.put(deployment(), pod('new', NEW.image, 3));
    await upgrade(NEW);
    setStatus('NewReplicaSetAvailable');
    await upgrade(NEW, { isProven: true });
    assert.equal(await isTakenBack(undefined), false);
    assert.equal(await isTakenBack('new'), true);
  });
});

test('an image that never got ready is no one to go back to', async () => {
  server.put(deployment());
  await upgrade(NEW);
  setStatus('ReplicaSetUpdated');
  await upgrade(NEXT);
  assert.equal(image(), NEXT.image);
  setStatus('ProgressDeadlineExceeded');
  await assert.rejects(upgrade(NEXT), (error) => isSkerryError(error, 'AGENT_UPGRADE_FAILED'));
  assert.equal(image(), OLD.image);
});

test('a status that is still about the image before says nothing of the new one', async () => {
  server.put(deployment());
  await upgrade(NEW);
  setStatus('ProgressDeadlineExceeded', 0);
  await upgrade(NEW);
  assert.equal(image(), NEW.image);
});

test('an agent that is no Deployment stays what it is', async () => {
  await upgrade(NEW);
  assert.deepEqual(server.names(), []);
});

async function upgrade(
  wanted: typeof NEW | undefined,
  { version = OLD.version, isProven = false } = {},
): Promise<void> {
  const { signal } = new AbortController();
  const client = server.client();
  await upgradeSelf({ client, namespace: 'skerry-system', version, isProven, signal }, wanted);
}

function pod(name: string, of: string, restartCount: number): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'skerry-system' },
    spec: { containers: [{ name: 'agent', image: of }] },
    status: { containerStatuses: [{ name: 'agent', restartCount }] },
  };
}

function template(): unknown {
  return objectAt(found(), 'spec')?.template;
}

function setStatus(reason: string, observedGeneration = 1): void {
  const conditions = [{ type: 'Progressing', status: 'False', reason, message: 'no' }];
  server.objects.replace({ ...found(), status: { observedGeneration, conditions } });
}

function found(): KubeObject {
  const object = server.objects.find(ID);
  assert.ok(object !== undefined);
  return object;
}

function image(): string | undefined {
  return textAt(listAt(found(), 'spec', 'template', 'spec', 'containers')[0], 'image');
}

function deployment(): KubeObject {
  const objects = agentObjects({
    namespace: 'skerry-system',
    image: OLD.image,
    urls: [],
    authorities: [],
    cluster: { project: 'sea', name: 'north' },
    rules: [],
    version: OLD.version,
  });
  const object = objects.find(({ kind }) => kind === 'Deployment');
  assert.ok(object !== undefined);
  return object;
}
