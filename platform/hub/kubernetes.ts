import { z } from 'zod';
import { apiError } from '../../apply/client/api-error.ts';
import type { ApiRequest, Transport } from '../../apply/client/transport.ts';
import type { CustomResource } from '../api/custom-resource.ts';

/** Who a token belongs to, as the API server says. */
export const User = z.object({
  username: z.string().min(1),
  uid: z.string().optional(),
  groups: z.array(z.string()).optional(),
  extra: z.record(z.string(), z.array(z.string())).optional(),
});
export type User = z.infer<typeof User>;

/** What someone wants to do; resources need not be ones that the API server has. */
export interface Action {
  readonly verb: 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete';
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string | undefined;
  /** All namespaces when absent. */
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
}

/** What the hub asks of the API server. Throws the CLUSTER_ codes of apply/errors.ts. */
export interface Kubernetes {
  /** TokenReview: undefined when the token is nobody's. */
  identify(token: string): Promise<User | undefined>;
  /** Who the hub itself is (SelfSubjectReview). */
  self(): Promise<User>;
  /** SubjectAccessReview. */
  permits(user: User, action: Action): Promise<boolean>;
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
const SelfSubjectReview = z.object({ status: z.object({ userInfo: User }) });
const SubjectAccessReview = z.object({ status: z.object({ allowed: z.boolean() }) });
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
    self: async () => {
      const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
      const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
      const request: ApiRequest = { method: 'POST', path, body: review, subject: 'review of itself' };
      return narrow(SelfSubjectReview, request, await call(request)).status.userInfo;
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
