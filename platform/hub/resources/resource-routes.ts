import { Alert } from '../../api/alert.ts';
import type { CustomResource } from '../../api/custom-resource.ts';
import { Enrollment } from '../../api/enrollment.ts';
import { kinds } from '../../api/kinds.ts';
import { ClusterRevision } from '../../api/revision.ts';
import type { Route } from '../http/route.ts';
import { changingRoutes, createRoute, deleteRoute } from './changing-routes.ts';
import { Objects } from './objects.ts';
import { readingRoutes } from './reading-routes.ts';
import type { ResourceOptions } from './resource-operation.ts';

type Verb = 'create' | 'change' | 'delete';

/** What the hub itself writes, or makes in another way, can't be written here. */
const VERBS = new Map<CustomResource, readonly Verb[]>([
  [ClusterRevision, []],
  [Alert, []],
  [Enrollment, ['delete']],
]);
const ALL: readonly Verb[] = ['create', 'change', 'delete'];

/** The operations on every kind of the table. */
export function resourceRoutes(options: ResourceOptions): Route[] {
  return kinds.flatMap((kind) => routesOf(kind, options));
}

function routesOf(kind: CustomResource, options: ResourceOptions): Route[] {
  const verbs = VERBS.get(kind) ?? ALL;
  const { client, validate, seen } = options;
  const objects = new Objects(kind, { client, validate, seen: seen.get(kind.plural) });
  return [
    ...readingRoutes(kind, objects, options),
    ...(verbs.includes('create') ? [createRoute(kind, objects, options)] : []),
    ...(verbs.includes('change') ? changingRoutes(kind, objects, options) : []),
    ...(verbs.includes('delete') ? [deleteRoute(kind, objects, options)] : []),
  ];
}
