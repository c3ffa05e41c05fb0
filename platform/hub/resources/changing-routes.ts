import { z } from 'zod';
import type { KubeObject } from '../../../apply/object.ts';
import type { CustomResource } from '../../api/custom-resource.ts';
import { platformError } from '../../errors.ts';
import { type Route, route } from '../http/route.ts';
import { creationMark, IdempotencyKey } from './idempotency.ts';
import { made, written } from './object-reply.ts';
import type { Objects } from './objects.ts';
import { IfMatch, IfNoneMatch } from './preconditions.ts';
import {
  actionOn,
  documented,
  ETAG,
  InProject,
  Named,
  pathOfOne,
  type ResourceOptions,
} from './resource-operation.ts';
import { patched, wantedOf } from './wanted-object.ts';
import { answerSchema, inputSchema, PatchInput } from './wire-object.ts';

const WriteQuery = z.strictObject({
  dryRun: z
    .enum(['true', 'false'])
    .optional()
    .meta({ description: 'true: everything is checked, nothing changed.' }),
});
const REFUSALS = ['OBJECT_REFUSED'];
/** Why objects are not deleted while others need them. */
const IN_USE: Readonly<Record<string, readonly string[]>> = {
  Cluster: ['CLUSTER_PROTECTED', 'GATEWAY_IN_USE'],
  CloudAccount: ['ACCOUNT_IN_USE'],
  Gateway: ['GATEWAY_IN_USE'],
};

export function createRoute(kind: CustomResource, objects: Objects, options: ResourceOptions): Route {
  const { checkProject, randomId } = options;
  return route({
    ...documented(kind, kind.kind, ['OBJECT_EXISTS', 'IDEMPOTENCY_KEY_REUSED', ...REFUSALS]),
    method: 'POST',
    path: `/api/v1/projects/{project}/${kind.plural}`,
    operationId: `create${kind.kind}`,
    summary: `Makes one of the ${kind.plural}`,
    params: InProject,
    query: WriteQuery,
    headers: z.strictObject({ 'idempotency-key': IdempotencyKey.optional() }),
    body: inputSchema(kind),
    takes: `${kind.kind}Input`,
    status: 201,
    response: answerSchema(kind),
    answerHeaders: { ...ETAG, location: 'Address of the object.' },
    action: ({ project }) => actionOn(kind, 'create', project),
    answer: async ({ params: { project }, query, headers, body, user, signal }) => {
      await checkProject(project, signal);
      const wanted = wantedOf(kind, body, { project, name: body.name });
      const key = headers['idempotency-key'] ?? randomId();
      const context = { signal, dryRun: query.dryRun === 'true' };
      return made(kind, await objects.create(wanted, creationMark(user.username, key, wanted), context));
    },
  });
}

export function changingRoutes(kind: CustomResource, objects: Objects, options: ResourceOptions): Route[] {
  const { checkProject, randomId } = options;
  const problems = [
    'OBJECT_NOT_FOUND',
    'PRECONDITION_FAILED',
    'OBJECT_IMMUTABLE',
    'OBJECT_CHANGED',
    ...REFUSALS,
  ];
  const one = {
    ...documented(kind, kind.kind, problems),
    path: pathOfOne(kind),
    params: Named,
    query: WriteQuery,
    response: answerSchema(kind),
    answerHeaders: ETAG,
  };
  return [
    route({
      ...one,
      problems: [...problems, 'PRECONDITION_REQUIRED'],
      method: 'PUT',
      operationId: `replace${kind.kind}`,
      summary: `Replaces one of the ${kind.plural}, or makes it`,
      headers: z.strictObject({ 'if-match': IfMatch.optional(), 'if-none-match': IfNoneMatch.optional() }),
      body: inputSchema(kind),
      takes: `${kind.kind}Input`,
      action: ({ project, name }, { headers }) =>
        headers['if-none-match'] === '*'
          ? actionOn(kind, 'create', project)
          : actionOn(kind, 'update', project, name),
      answer: async ({ params: { project, name }, query, headers, body, user, signal }) => {
        await checkProject(project, signal);
        const wanted = wantedOf(kind, body, { project, name });
        const context = { signal, dryRun: query.dryRun === 'true' };
        const ifMatch = headers['if-match'];
        if (headers['if-none-match'] === '*') {
          const mark = creationMark(user.username, randomId(), wanted);
          const object = await objects.create(wanted, mark, context).catch(asPrecondition);
          return made(kind, object);
        }
        if (ifMatch === undefined) {
          throw platformError('PRECONDITION_REQUIRED', { subject: `${kind.kind} ${project}/${name}` });
        }
        return written(await objects.replace(wanted, ifMatch, context));
      },
    }),
    route({
      ...one,
      method: 'PATCH',
      operationId: `patch${kind.kind}`,
      summary: `Changes labels and spec of one of the ${kind.plural}`,
      headers: z.strictObject({ 'if-match': IfMatch.optional() }),
      body: PatchInput,
      takes: 'Patch',
      action: ({ project, name }) => actionOn(kind, 'patch', project, name),
      answer: async ({ params, query, headers, body, signal }) => {
        await checkProject(params.project, signal);
        const context = { signal, dryRun: query.dryRun === 'true' };
        const change = (stored: KubeObject) => patched(kind, stored, body);
        return written(await objects.change(params, headers['if-match'], change, context));
      },
    }),
  ];
}

export function deleteRoute(
  kind: CustomResource,
  objects: Objects,
  { checkProject, refuseDeletion }: ResourceOptions,
): Route {
  return route({
    ...documented(kind, 'Nothing', [
      'OBJECT_NOT_FOUND',
      'PRECONDITION_FAILED',
      'OBJECT_CHANGED',
      ...(IN_USE[kind.kind] ?? []),
    ]),
    method: 'DELETE',
    path: pathOfOne(kind),
    operationId: `delete${kind.kind}`,
    summary: `Deletes one of the ${kind.plural}`,
    params: Named,
    query: WriteQuery,
    headers: z.strictObject({ 'if-match': IfMatch.optional() }),
    status: 204,
    response: z.void(),
    action: ({ project, name }) => actionOn(kind, 'delete', project, name),
    answer: async ({ params, query, headers, signal }) => {
      await checkProject(params.project, signal);
      const refusal = refuseDeletion?.(kind, params.project, params.name);
      if (refusal !== undefined) throw refusal;
      await objects.delete(params, headers['if-match'], { signal, dryRun: query.dryRun === 'true' });
    },
  });
}

function asPrecondition(error: unknown): never {
  if (error instanceof Error && 'code' in error && error.code === 'OBJECT_EXISTS' && 'subject' in error) {
    throw platformError('PRECONDITION_FAILED', { subject: String(error.subject), detail: 'it exists' });
  }
  throw error;
}
