import type { HubConnection } from '../client/connection/connection.ts';
import { isRefusal } from '../client/connection/problem-error.ts';
import { requestPath } from '../client/connection/request-path.ts';
import { platformError } from '../errors.ts';

export interface HubSetting {
  readonly url?: string | undefined;
  readonly ca?: string | undefined;
  readonly token?: string | undefined;
  readonly project?: string | undefined;
}

/** A hub, and the project that is meant where a resource names none. */
export class HubAccess {
  readonly connection: HubConnection;
  readonly #project: string | undefined;

  constructor(connection: HubConnection, project: string | undefined) {
    this.connection = connection;
    this.#project = project;
  }

  /** Throws PROJECT_UNNAMED. */
  project(named: string | undefined): string {
    const project = named ?? this.#project;
    if (project === undefined) throw platformError('PROJECT_UNNAMED', { subject: 'skerry' });
    return project;
  }

  /** Undefined where there is none. */
  async find(path: string, signal: AbortSignal): Promise<unknown> {
    try {
      return (await this.connection.send({ method: 'GET', path, signal })).body;
    } catch (error) {
      if (isRefusal(error, 404)) return undefined;
      throw error;
    }
  }

  async delete(path: string): Promise<void> {
    try {
      await this.connection.send({ method: 'DELETE', path });
    } catch (error) {
      if (!isRefusal(error, 404)) throw error;
    }
  }
}

/** The address of one object, or of all of a kind. */
export function objectPath(
  plural: string,
  project: string,
  name?: string,
  query?: { dryRun?: 'true' },
): string {
  return name === undefined
    ? requestPath('/api/v1/projects/{project}/{plural}', { project, plural }, query)
    : requestPath('/api/v1/projects/{project}/{plural}/{name}', { project, plural, name }, query);
}
