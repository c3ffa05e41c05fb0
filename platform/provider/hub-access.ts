import { HubConnection } from '../client/connection/connection.ts';
import { isRefusal } from '../client/connection/problem-error.ts';
import { requestPath } from '../client/connection/request-path.ts';
import { freshLogin, tokenOf } from '../client/fresh-login.ts';
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

/**
 * The hub that a provider's configuration names; what it leaves out comes from SKERRY_HUB, SKERRY_CA, SKERRY_TOKEN and
 * SKERRY_PROJECT, then from the login of the command line. Throws NOT_LOGGED_IN,
 * LOGIN_FILE_INVALID and LOGIN_ENDED.
 */
export async function openHub(setting: HubSetting, env: NodeJS.ProcessEnv): Promise<HubAccess> {
  const named = {
    url: setting.url ?? (env.SKERRY_HUB || undefined),
    ca: setting.ca ?? (env.SKERRY_CA || undefined),
    token: setting.token ?? (env.SKERRY_TOKEN || undefined),
    project: setting.project ?? (env.SKERRY_PROJECT || undefined),
  };
  if (named.url !== undefined && named.token !== undefined)
    return new HubAccess(
      new HubConnection({ url: named.url, ca: named.ca, token: named.token }),
      named.project,
    );
  const login = await freshLogin(env, Date.now);
  // A token is for the hub that gave it, and goes to no other.
  if (named.url !== undefined && new URL(named.url).origin !== new URL(login.url).origin)
    throw platformError('NOT_LOGGED_IN', { subject: named.url });
  const address = {
    url: login.url,
    ca: named.ca ?? login.ca,
    token: named.token ?? tokenOf(login, env, Date.now),
  };
  return new HubAccess(new HubConnection(address), named.project ?? login.project);
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
