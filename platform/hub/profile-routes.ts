import { z } from 'zod';
import { ClusterProfile, ClusterProfileSpec } from '../api/cluster-profile.ts';
import type { Kubernetes } from './kubernetes.ts';
import { PageQuery, pageOf } from './page.ts';
import { nothing, type Route, route } from './route.ts';

const Profile = z.object({
  name: z.string(),
  uid: z.string(),
  created: z.iso.datetime(),
  spec: ClusterProfileSpec,
});

/** The cluster profiles, as the API server keeps them. */
export function profileRoutes(kubernetes: Pick<Kubernetes, 'listProfiles'>): Route[] {
  return [
    route({
      path: '/api/v1/clusterprofiles',
      operationId: 'listClusterProfiles',
      summary: 'Lists the cluster profiles',
      tag: 'clusterprofiles',
      params: nothing,
      query: PageQuery,
      answers: 'ClusterProfileList',
      response: pageOf(Profile),
      problems: ['PAGE_EXPIRED'],
      action: () => ({ verb: 'list', group: ClusterProfile.group, resource: ClusterProfile.plural }),
      answer: async ({ query }) => {
        const { items, next } = await kubernetes.listProfiles(query.limit, query.continue);
        return {
          items: items.map(({ metadata: { name, uid, creationTimestamp }, spec }) => ({
            name,
            uid,
            created: creationTimestamp,
            spec,
          })),
          continue: next,
        };
      },
    }),
  ];
}
