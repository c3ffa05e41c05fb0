import { z } from 'zod';
import type { KubeClient } from '../../../apply/client/client.ts';
import type { SkerryError } from '../../../content/error.ts';
import type { CustomResource } from '../../api/custom-resource.ts';
import type { Action } from '../kubernetes.ts';
import type { SightWorld } from '../stream/sight.ts';
import type { SeenObjects } from '../watched/seen-objects.ts';
import type { Validate } from './objects.ts';
import type { WatchLimit } from './watch-limit.ts';
import { ObjectName, ProjectName } from './wire-object.ts';

export interface ResourceOptions extends SightWorld {
  /** All objects as they were seen last, by the plural of their kind. */
  readonly seen: ReadonlyMap<string, SeenObjects>;
  readonly client: Pick<KubeClient, 'get' | 'create' | 'replace' | 'delete' | 'watch' | 'read'>;
  /** Throws PROJECT_NOT_FOUND. */
  readonly checkProject: (name: string, signal: AbortSignal) => Promise<void>;
  /** Checks that no schema can express. */
  readonly validate: Validate;
  /** Why an object may not be deleted now. */
  readonly refuseDeletion?: RefuseDeletion | undefined;
  readonly watches: WatchLimit;
  /** Makes keys for requests that bring none. */
  readonly randomId: () => string;
}

export type RefuseDeletion = (kind: CustomResource, project: string, name: string) => SkerryError | undefined;

export const InProject = z.strictObject({ project: ProjectName });
export const Named = z.strictObject({ project: ProjectName, name: ObjectName });
export const ETAG = { etag: 'The version of the object, for If-Match.' };

/** What the description of every operation on a kind has. */
export function documented({ plural: tag }: CustomResource, answers: string, problems: readonly string[]) {
  return { tag, answers, problems: ['PROJECT_NOT_FOUND', ...problems] };
}

export function pathOfOne(kind: CustomResource): string {
  return `/api/v1/projects/{project}/${kind.plural}/{name}`;
}

export function actionOn(
  { group, plural: resource }: CustomResource,
  verb: Action['verb'],
  namespace?: string,
  name?: string,
): Action {
  return { verb, group, resource, namespace, name };
}
