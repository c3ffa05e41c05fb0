import { resolve } from 'node:path';
import { isAddress } from '../../../bundle/location.ts';
import { messageOf } from '../../../content/error.ts';
import { registryError } from '../../../registry/errors.ts';
import type { OpenedSource, RepairSource } from '../../../registry/scrub/check-job.ts';
import { type LoginFiles, openSource } from '../../copy/content-location.ts';

/** Where `docker login` and its like leave logins: variables with paths, no secrets among them. */
const LOGIN_PLACES = ['REGISTRY_AUTH_FILE', 'XDG_RUNTIME_DIR', 'DOCKER_CONFIG', 'HOME'] as const;

/** What a user names, as a registry can open it that runs in another folder and for another user. */
export function repairSourceOf(
  location: string,
  { usernameFile, passwordFile }: LoginFiles,
  env: NodeJS.ProcessEnv,
): RepairSource {
  const loginPlaces: Record<string, string> = {};
  for (const name of LOGIN_PLACES) {
    const path = env[name];
    if (path) loginPlaces[name] = resolve(path);
  }
  return {
    location: isAddress(location) ? location : resolve(location),
    loginPlaces,
    ...(usernameFile && { usernameFile: resolve(usernameFile) }),
    ...(passwordFile && { passwordFile: resolve(passwordFile) }),
  };
}

/**
 * Opens a source in this process: in the registry that has the store open, else in the command. Logins are looked for
 * where the caller has them, then where this process has its own. Throws REGISTRY_REPAIR_SOURCE_UNUSABLE.
 */
export async function openRepairSource(source: RepairSource, env: NodeJS.ProcessEnv): Promise<OpenedSource> {
  const { location, loginPlaces, usernameFile, passwordFile } = source;
  try {
    return await openSource(location, env, { usernameFile, passwordFile, places: loginPlaces });
  } catch (cause) {
    throw registryError('REGISTRY_REPAIR_SOURCE_UNUSABLE', {
      subject: location,
      detail: messageOf(cause),
      cause,
    });
  }
}
