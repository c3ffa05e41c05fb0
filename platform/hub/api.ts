import { z } from 'zod';
import type { Catalog } from './catalog.ts';
import type { Kubernetes } from './kubernetes.ts';
import { openApiDocument } from './openapi.ts';
import { packRoutes } from './pack-routes.ts';
import { profileRoutes } from './profile-routes.ts';
import { nothing, type Route, route } from './route.ts';
import { type StatusOptions, statusRoutes } from './status-routes.ts';

export interface ApiOptions extends StatusOptions {
  readonly catalog: Catalog;
  readonly kubernetes: Pick<Kubernetes, 'listProfiles'>;
}

/** Every operation of the hub, with the document that describes them all. */
export function apiRoutes({ catalog, kubernetes, ...status }: ApiOptions): Route[] {
  const routes = [...statusRoutes(status), ...packRoutes(catalog), ...profileRoutes(kubernetes)];
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
