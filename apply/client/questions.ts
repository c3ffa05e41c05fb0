import { z } from 'zod';
import { apiError } from './api-error.ts';
import type { Access, CallOptions, ClusterVersion, LogRequest } from './client.ts';
import type { ApiRequest, ApiResponse, Transport } from './transport.ts';

/** Questions to a cluster that are not about one of its objects. */

/** A call whose failures are thrown. */
export type Call = (request: ApiRequest) => Promise<ApiResponse>;

const LOG_BYTES = 64 * 1024;

const versionSchema = z.looseObject({ gitVersion: z.string(), platform: z.string() });

export async function readVersion(call: Call, options: CallOptions = {}): Promise<ClusterVersion> {
  const { text } = await call({
    method: 'GET',
    path: '/version',
    subject: 'version of the cluster',
    ...options,
  });
  const { gitVersion, platform } = versionSchema.parse(JSON.parse(text));
  return { gitVersion, platform };
}

const reviewSchema = z.looseObject({
  status: z.looseObject({ allowed: z.boolean(), reason: z.string().default('') }),
});

export async function askAccess(call: Call, { resource, ...access }: Access, options: CallOptions = {}) {
  const [plural = resource, subresource] = resource.split('/');
  const { text } = await call({
    method: 'POST',
    path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
    subject: `permission to ${access.verb} ${resource}`,
    body: {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes: { ...access, resource: plural, subresource } },
    },
    ...options,
  });
  const { allowed, reason } = reviewSchema.parse(JSON.parse(text)).status;
  return { allowed, reason };
}

export async function readLogs(
  transport: Transport,
  { namespace, pod, container, tailLines, previous }: LogRequest,
  options: CallOptions = {},
): Promise<string | undefined> {
  const subject = `logs of ${namespace}/${pod}`;
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}/log`;
  const query = { container, tailLines, previous, limitBytes: LOG_BYTES };
  const response = await transport.send({ method: 'GET', path, query, subject, ...options });
  if (response.status === 400 || response.status === 404) return undefined;
  if (response.status >= 400) throw apiError(subject, response);
  return response.text;
}
