import { useQueryClient } from '@tanstack/react-query';
import { ask } from './call.ts';
import { type KindName, listKey, type ObjectsByKind, oneKey } from './objects.ts';

interface Place {
  readonly project: string;
  readonly name: string;
}

/** Writes objects, and shows at once what the hub said of them. */
export function useChange<K extends KindName>(kind: K) {
  const client = useQueryClient();
  const path = `/api/v1/projects/{project}/${kind}`;
  const take = (object: ObjectsByKind[K]) => {
    client.setQueryData(oneKey(kind, object.project, object.name), object);
    for (const project of [object.project, undefined])
      void client.invalidateQueries({ queryKey: listKey(kind, project) });
    return object;
  };
  return {
    /** Changes labels or spec of what is as it was read: another's change meanwhile is refused with OBJECT_CHANGED. */
    patch: async ({ project, name, version }: Place & { readonly version: string }, change: object) =>
      take(
        await ask<ObjectsByKind[K]>(`PATCH ${path}/{name}`, {
          params: { project, name },
          body: change,
          headers: { 'if-match': `"${version}"` },
        }),
      ),
    create: async (
      project: string,
      body: {
        readonly name: string;
        readonly labels?: Readonly<Record<string, string>>;
        readonly spec: unknown;
      },
      key: string,
    ) =>
      take(
        await ask<ObjectsByKind[K]>(`POST ${path}`, {
          params: { project },
          body,
          headers: { 'idempotency-key': key },
        }),
      ),
    /** Whether the hub would take it; throws what it would answer. */
    tryCreate: async (
      project: string,
      body: { readonly name: string; readonly spec: unknown },
      signal?: AbortSignal,
    ) =>
      await ask<ObjectsByKind[K]>(`POST ${path}`, {
        params: { project },
        query: { dryRun: true },
        body,
        signal,
      }),
    remove: async ({ project, name }: Place) => {
      await ask<unknown>(`DELETE ${path}/{name}`, { params: { project, name } });
      for (const each of [project, undefined])
        await client.invalidateQueries({ queryKey: listKey(kind, each) });
    },
  };
}
