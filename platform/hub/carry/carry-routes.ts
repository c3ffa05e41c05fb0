import { z } from 'zod';
import { Cluster } from '../../api/cluster.ts';
import { MAX_AGENT_FILE_BYTES } from '../../desired/carry/agent-file.ts';
import type { ClusterName } from '../door/ports.ts';
import { nothing, type Route, route } from '../http/route.ts';
import { ExportAnswer } from './export-answer.ts';
import { type ExportOptions, exportCluster } from './export-cluster.ts';
import { TakenFile, takeAgentFile } from './take-agent-file.ts';

const ProjectParams = z.object({ project: z.string().max(63) });
const Params = ProjectParams.extend({ name: z.string().max(63) });

/** What is done with files, by the hub's parts behind it. */
export interface CarryDesk {
  readonly exportCluster: (cluster: ClusterName, signal: AbortSignal) => Promise<ExportAnswer>;
  /** Takes a file of an agent of this project. */
  readonly takeFile: (body: unknown, project: string, signal: AbortSignal) => Promise<TakenFile>;
}

export function carryDesk(options: ExportOptions): CarryDesk {
  return {
    exportCluster: async (cluster, signal) => await exportCluster(cluster, options, signal),
    takeFile: async (body, project, signal) => await takeAgentFile(body, project, options, signal),
  };
}

/** A fleet without a network: what goes onto a stick, and what comes back on it. */
export function carryRoutes({ exportCluster, takeFile }: CarryDesk): Route[] {
  return [
    route({
      path: '/api/v1/projects/{project}/clusters/{name}/export',
      operationId: 'exportCluster',
      summary: 'The messages for the agent of a cluster, and the packs that they need, for a stick',
      tag: 'carry',
      params: Params,
      query: nothing,
      answers: 'ClusterExport',
      response: ExportAnswer,
      problems: ['CLUSTER_NOT_FOUND', 'KEY_NOT_ACCEPTED'],
      action: ({ project, name }) => ({
        verb: 'get',
        group: Cluster.group,
        resource: 'clusters',
        subresource: 'export',
        namespace: project,
        name,
      }),
      answer: async ({ params: { project, name }, signal }) => await exportCluster({ project, name }, signal),
    }),
    route({
      method: 'POST',
      path: '/api/v1/projects/{project}/reports',
      operationId: 'importReport',
      summary: 'Takes the report file of an agent of the project',
      tag: 'carry',
      params: ProjectParams,
      query: nothing,
      body: z.looseObject({ payloadType: z.string(), payload: z.string() }),
      bodyLimit: MAX_AGENT_FILE_BYTES,
      answers: 'TakenReport',
      response: TakenFile,
      problems: [
        'AGENT_FILE_INVALID',
        'AGENT_FILE_FORGED',
        'AGENT_FILE_FOREIGN',
        'TOKEN_UNKNOWN',
        'TOKEN_USED',
      ],
      // Who signed the file decides what is taken of it; who brings it, only to which project it may go.
      action: ({ project }) => ({
        verb: 'create',
        group: Cluster.group,
        resource: 'reports',
        namespace: project,
      }),
      answer: async ({ body, params: { project }, signal }) => await takeFile(body, project, signal),
    }),
  ];
}
