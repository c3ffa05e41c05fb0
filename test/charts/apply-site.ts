import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KubeClient } from '../../apply/client/client.ts';
import { connectCluster } from '../../apply/client/kube.ts';
import { createHelm, type Helm } from '../../apply/helm/helm.ts';
import type { Component, Engine } from '../../apply/release/component.ts';
import { clusterPrograms } from '../cluster/builds/program.ts';
import { ensurePrograms, programCache } from '../cluster/builds/programs.ts';
import { type Cluster, startCluster } from '../cluster/cluster.ts';
import { PAUSE_IMAGE } from '../cluster/configuration.ts';
import { ensureHost } from '../cluster/host.ts';
import { NODE_HOME } from '../cluster/node.ts';
import { writePauseImage } from '../cluster/pause-image.ts';
import { type ApiForward, forwardApi } from './api-forward.ts';
import { chartOf } from './chart-store.ts';
import { helmProgram } from './helm-program.ts';

/** Any program that can end, well or badly, and says something: the helm program itself. */
export const TALKER = 'skerry.test/talker:1';

/** A cluster with two images on its node, and what applies charts to it. */
export interface ApplySite {
  readonly cluster: Cluster;
  readonly client: KubeClient;
  readonly helm: Helm;
  readonly folder: string;
  readonly forward: ApiForward;
  engine(signal?: AbortSignal): Engine;
  /** A component made of files, in a namespace of its own name. */
  component(
    name: string,
    files: Readonly<Record<string, string>>,
    more?: Partial<Component>,
  ): Promise<Component>;
  stop(): Promise<void>;
}

export async function startApplySite(name: string): Promise<ApplySite> {
  await ensureHost({ install: true });
  const programs = await ensurePrograms(clusterPrograms, { cache: programCache(process.env) });
  const helmPath = await helmProgram();
  const cluster = await startCluster({ name, programs });
  const folder = await mkdtemp(join(tmpdir(), `skerry-${name}-`));
  const forward = await forwardApi(cluster);
  const kubeconfig = await forward.kubeconfig(cluster.kubeconfig, folder);
  const client = await connectCluster({ path: kubeconfig });
  const home = join(folder, 'helm');
  const helm = createHelm({ program: helmPath, home, environment: { PATH: process.env.PATH }, kubeconfig });
  await writePauseImage(join(cluster.folder, 'config/talker.tar'), TALKER, helmPath, join(folder, 'talker'));
  const archive = `${NODE_HOME}/config/talker.tar`;
  await cluster.execInNode('ctr', ['-n', 'k8s.io', 'images', 'import', '--local', archive]);
  return {
    cluster,
    client,
    helm,
    folder,
    forward,
    engine: (signal = new AbortController().signal) => ({ client, helm, scratch: folder, signal }),
    component: async (component, files, more = {}) => {
      const metadata = { name: more.namespace ?? component };
      await client.apply({ apiVersion: 'v1', kind: 'Namespace', metadata });
      return {
        name: component,
        namespace: component,
        chart: await chartOf(helm, folder, files),
        values: {},
        images: new Map([
          ['images.example/talker:1', TALKER],
          ['images.example/pause:1', PAUSE_IMAGE],
        ]),
        timeoutMs: 60_000,
        ...more,
      };
    },
    stop: async () => {
      forward.close();
      await cluster.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
