import { z } from 'zod';
import { apiError } from '../../apply/api-error.ts';
import type { ApiRequest, Transport } from '../../apply/transport.ts';
import { ClusterProfile, ClusterProfileSpec } from '../api/cluster-profile.ts';
import type { CustomResource } from '../api/custom-resource.ts';
import { platformError } from '../errors.ts';

/** Who a token belongs to, as the API server says. */
export const User = z.object({
  username: z.string().min(1),
  uid: z.string().optional(),
  groups: z.array(z.string()).optional(),
  extra: z.record(z.string(), z.array(z.string())).optional(),
});
export type User = z.infer<typeof User>;

/** What someone wants to do with Skerry's own resources. */
export interface Action {
  readonly verb: 'get' | 'list';
  readonly group: string;
  readonly resource: string;
  readonly name?: string | undefined;
}

export const StoredProfile = z.object({
  metadata: z.object({ name: z.string(), uid: z.string(), creationTimestamp: z.string() }),
  spec: ClusterProfileSpec,
});
export type StoredProfile = z.infer<typeof StoredProfile>;

export interface ProfilePage {
  readonly items: readonly StoredProfile[];
  readonly next: string | undefined;
}

/** What the hub asks of the API server. Throws the CLUSTER_ codes of apply/errors.ts. */
export interface Kubernetes {
  /** TokenReview: undefined when the token is nobody's. */
  identify(token: string): Promise<User | undefined>;
  /** SubjectAccessReview. */
  permits(user: User, action: Action): Promise<boolean>;
  /** A page of the list, `after` being the `next` of the page before. Throws PAGE_EXPIRED, REQUEST_INVALID. */
  listProfiles(limit: number, after: string | undefined): Promise<ProfilePage>;
  /** Whether the API server serves this kind. */
  serves(resource: CustomResource): Promise<boolean>;
}

const CALL_TIMEOUT_MS = 10_000;

const TokenReview = z.object({
  status: z.object({
    authenticated: z.boolean().optional(),
    user: z.unknown(),
    error: z.string().optional(),
  }),
});
const SubjectAccessReview = z.object({ status: z.object({ allowed: z.boolean() }) });
const ProfileList = z.object({
  metadata: z.object({ continue: z.string().optional() }),
  items: z.array(StoredProfile),
});
const ResourceList = z.object({ resources: z.array(z.object({ kind: z.string() })) });

export function kubernetesOver(transport: Transport, signal: AbortSignal): Kubernetes {
  const call = async (request: ApiRequest) =>
    await transport.send({ timeoutMs: CALL_TIMEOUT_MS, signal, ...request });

  return {
    identify: async (token) => {
      const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token } };
      const path = '/apis/authentication.k8s.io/v1/tokenreviews';
      const request: ApiRequest = { method: 'POST', path, body: review, subject: 'review of a token' };
      const { status } = narrow(TokenReview, request, await call(request));
      return status.authenticated === true ? User.parse(status.user) : undefined;
    },
    permits: async ({ username, uid, groups, extra }, action) => {
      const spec = { user: username, uid, groups, extra, resourceAttributes: action };
      const review = { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', spec };
      const path = '/apis/authorization.k8s.io/v1/subjectaccessreviews';
      const request: ApiRequest = {
        method: 'POST',
        path,
        body: review,
        subject: `review of access to ${action.resource}`,
      };
      return narrow(SubjectAccessReview, request, await call(request)).status.allowed;
    },
    listProfiles: async (limit, after) => {
      const query = { limit, continue: after };
      const path = `${pathOf(ClusterProfile)}/${ClusterProfile.plural}`;
      const request: ApiRequest = { method: 'GET', path, query, subject: 'list of cluster profiles' };
      const response = await call(request);
      if (response.status === 410) throw platformError('PAGE_EXPIRED', { subject: 'continue' });
      if (response.status === 400) throw platformError('REQUEST_INVALID', { subject: 'continue' });
      const { items, metadata } = narrow(ProfileList, request, response);
      return { items, next: metadata.continue || undefined };
    },
    serves: async (resource) => {
      const subject = `discovery of ${resource.plural}`;
      const request: ApiRequest = { method: 'GET', path: pathOf(resource), subject };
      const response = await call(request);
      if (response.status === 404) return false;
      return narrow(ResourceList, request, response).resources.some(({ kind }) => kind === resource.kind);
    },
  };
}

function narrow<T>(
  schema: z.ZodType<T>,
  { subject }: ApiRequest,
  response: { status: number; text: string },
): T {
  if (response.status >= 400) throw apiError(subject, response);
  return schema.parse(JSON.parse(response.text));
}

function pathOf({ group, version }: CustomResource): string {
  return `/apis/${group}/${version}`;
}
