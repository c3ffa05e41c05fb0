import { z } from 'zod';
import { Cluster } from '../../api/cluster.ts';
import { nothing, type Route, route } from '../http/route.ts';
import type { ClusterAudit } from './cluster-audit.ts';

export const AuditPage = z.object({
  page: z.int().meta({ description: 'Number of the page; 0 where there is none.' }),
  lines: z.string().meta({ description: 'JSON, an object a line, as the chain has them.' }),
  next: z.int().optional().meta({ description: 'Number of the next page; absent on the last.' }),
});

/** The hub's audit, a page of its chain at a time. */
export function auditRoutes(audit: Pick<ClusterAudit, 'pages'>): Route[] {
  return [
    route({
      path: '/api/v1/audit',
      operationId: 'getAudit',
      summary: "A page of the hub's audit",
      tag: 'audit',
      params: nothing,
      query: z.strictObject({
        page: z.coerce.number().int().min(1).max(999_999).optional().meta({
          description: 'The first page with this number or a higher one; the oldest when absent.',
        }),
      }),
      answers: 'AuditPage',
      response: AuditPage,
      action: () => ({ verb: 'get', group: Cluster.group, resource: 'audit' }),
      answer: async ({ query: { page = 1 } }) => {
        const [found, next] = (await audit.pages()).filter(({ number }) => number >= page);
        return { page: found?.number ?? 0, lines: found?.text ?? '', next: next?.number };
      },
    }),
  ];
}
