import { useQueryClient } from '@tanstack/react-query';
import { ask } from './call.ts';
import { type KindName, listKey, type ObjectsByKind, oneKey } from './objects.ts';
import { problemOf } from './problem.ts';
import { isSameWish, type Wish } from './same-wish.ts';

interface Place {
  readonly project: string;
  readonly name: string;
}

interface Seen extends Place, Wish {
  readonly version: string;
}

/** An agent may report between reading and writing, but hardly so often. */
const MOST_TRIES = 4;

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
    /**
     * Changes labels or spec of what is asked for as it was when it was read: another's change meanwhile is refused with
     * PRECONDITION_FAILED. What agents report meanwhile stands in nobody's way.
     */
    patch: async (seen: Seen, change: object) => {
      const { project, name } = seen;
      const params = { project, name };
      for (let tries = 1; ; tries++) {
        const now = await ask<ObjectsByKind[K]>(`GET ${path}/{name}`, { params });
        const isSame = isSameWish(seen, now);
        const headers = { 'if-match': `"${isSame ? now.version : seen.version}"` };
        try {
          return take(await ask<ObjectsByKind[K]>(`PATCH ${path}/{name}`, { params, body: change, headers }));
        } catch (error) {
          if (!isSame || tries === MOST_TRIES || problemOf(error).status !== 412) throw error;
        }
      }
    },
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
