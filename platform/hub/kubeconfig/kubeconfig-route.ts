import { z } from 'zod';
import { Cluster, ClusterSpec, ClusterStatus } from '../../api/cluster.ts';
import { platformError } from '../../errors.ts';
import { nothing, type Route, route } from '../http/route.ts';
import { actionOn, documented, Named, pathOfOne } from '../resources/resource-operation.ts';
import { originOf } from '../session/login-routes.ts';
import type { SeenObjects } from '../watched/seen-objects.ts';
import { keyOf } from '../watched/stored.ts';
import { userKubeconfig } from './user-kubeconfig.ts';

export interface KubeconfigRouteOptions {
  /** The clusters as they were seen last. */
  readonly clusters: Pick<SeenObjects, 'get'> | undefined;
  /** The identity provider that people sign in with; undefined where there is none. */
  readonly issuer: string | undefined;
  /** https://HOST[:PORT] of the hub; what a request asks for when absent. */
  readonly publicUrl?: string | undefined;
}

const Answer = z.object({
  kubeconfig: z.string().meta({ description: 'YAML; nothing in it is secret.' }),
  server: z.string(),
  hub: z.string().meta({ description: 'Whose login kubectl uses.' }),
  issuer: z.string().meta({ description: 'What the API server of the cluster must trust.' }),
});
const Seen = z.looseObject({
  spec: ClusterSpec.pick({ access: true }).loose(),
  status: ClusterStatus.pick({ infrastructure: true }).partial().loose().optional(),
});

/** A kubeconfig for people; it holds no secret, and the hub keeps none. */
export function kubeconfigRoute({ clusters, issuer, publicUrl }: KubeconfigRouteOptions): Route {
  return route({
    ...documented(Cluster, 'ClusterKubeconfig', ['OBJECT_NOT_FOUND', 'KUBECONFIG_UNAVAILABLE']),
    path: `${pathOfOne(Cluster)}/kubeconfig`,
    operationId: 'getClusterKubeconfig',
    summary: 'A kubeconfig with which kubectl asks skerry for the user’s own token',
    params: Named,
    query: nothing,
    response: Answer,
    action: ({ project, name }) => ({
      ...actionOn(Cluster, 'get', project, name),
      subresource: 'kubeconfig',
    }),
    answer: ({ params: { project, name }, caller }) => {
      const subject = `Cluster ${project}/${name}`;
      const found = clusters?.get(keyOf(project, name));
      if (found === undefined) throw platformError('OBJECT_NOT_FOUND', { subject });
      const unavailable = (detail: string) => platformError('KUBECONFIG_UNAVAILABLE', { subject, detail });
      const { spec, status } = Seen.parse(found);
      const server = spec.access?.server ?? status?.infrastructure?.endpoint;
      if (server === undefined) throw unavailable('it is not known where its API server is reached');
      if (issuer === undefined) throw unavailable('people sign in to this hub without an identity provider');
      const hub = originOf({ publicUrl }, caller);
      return { kubeconfig: userKubeconfig({ name, server, ca: spec.access?.ca, hub }), server, hub, issuer };
    },
  });
}
