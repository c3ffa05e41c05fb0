import { z } from 'zod';
import type { KubeClient } from '../../apply/client/client.ts';
import type { Access } from './http/access.ts';
import { openApiDocument } from './http/openapi.ts';
import { nothing, type Route, route } from './http/route.ts';
import { type StatusOptions, statusRoutes } from './http/status-routes.ts';
import type { Action, User } from './kubernetes.ts';
import type { Catalog } from './packs/catalog.ts';
import { packRoutes } from './packs/pack-routes.ts';
import { projectRoutes } from './projects/project-routes.ts';
import { Projects } from './projects/projects.ts';
import type { Validate } from './resources/objects.ts';
import type { RefuseDeletion } from './resources/resource-operation.ts';
import { resourceRoutes } from './resources/resource-routes.ts';
import { WatchLimit, type WatchLimits } from './resources/watch-limit.ts';
import { streamRoutes } from './stream/stream-routes.ts';
import type { SeenObjects } from './watched/seen-objects.ts';

export interface ApiOptions extends StatusOptions {
  readonly catalog: Catalog;
  readonly client: KubeClient;
  readonly access: Pick<Access, 'permits'>;
  /** Checks of objects that no schema can express; none when absent. */
  readonly validate?: Validate | undefined;
  /** Why an object may not be deleted now; anything may when absent. */
  readonly refuseDeletion?: RefuseDeletion | undefined;
  /** All objects as they were seen last, by the plural of their kind. */
  readonly seen: ReadonlyMap<string, SeenObjects>;
  readonly watchLimits?: WatchLimits | undefined;
  readonly randomId: () => string;
  /** Of further parts of the hub. */
  readonly more?: readonly Route[] | undefined;
}

const WATCH_LIMITS: WatchLimits = { perUser: 20, total: 1_000 };

/** Every operation of the hub, with the document that describes them all. */
export function apiRoutes({ catalog, client, access, randomId, seen, ...options }: ApiOptions): Route[] {
  const { validate = async () => [], watchLimits = WATCH_LIMITS, now, more = [], refuseDeletion } = options;
  const projects = new Projects({ client, now });
  const watches = new WatchLimit(watchLimits);
  const checkProject = async (name: string, signal: AbortSignal) => await projects.check(name, signal);
  const sight = {
    permits: async (user: User, action: Action) => await access.permits(user, action),
    projects: async (signal: AbortSignal) =>
      (await projects.list(signal)).map(({ metadata }) => metadata.name),
  };
  const routes = [
    ...statusRoutes(options),
    ...packRoutes(catalog),
    ...projectRoutes({ projects, permits: sight.permits, randomId }),
    ...resourceRoutes({ ...sight, client, seen, checkProject, validate, refuseDeletion, watches, randomId }),
    ...streamRoutes({ ...sight, seen, watches, checkProject }),
    ...more,
  ];
  const itself = route({
    path: '/openapi.json',
    operationId: 'getOpenApi',
    summary: 'This document',
    tag: 'status',
    params: nothing,
    query: nothing,
    answers: 'OpenApi',
    response: z.looseObject({ openapi: z.string() }),
    answer: () => document,
  });
  const document = openApiDocument([...routes, itself]);
  return [...routes, itself];
}
