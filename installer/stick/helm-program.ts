import { access, constants } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { createHelm, type Helm } from '../../apply/helm/helm.ts';
import type { HelmLimits } from '../../apply/helm/helm-process.ts';
import { installerError } from '../errors.ts';

/**
 * Finds a helm program: the one that was given, one beside this program (as on a stick), or one on the PATH.
 * Throws HOST_TOOL_MISSING.
 */
export async function findHelm(given: string | undefined, env: NodeJS.ProcessEnv): Promise<string> {
  const explicit = given ?? env.SKERRY_HELM;
  if (explicit !== undefined) {
    if (await isExecutable(explicit)) return explicit;
    throw installerError('HOST_TOOL_MISSING', { subject: explicit });
  }
  const folders = [dirname(process.execPath), ...(env.PATH ?? '').split(delimiter)].filter(Boolean);
  for (const folder of folders) {
    const path = join(folder, 'helm');
    if (await isExecutable(path)) return path;
  }
  throw installerError('HOST_TOOL_MISSING', {
    subject: 'helm',
    remedy: 'Install Helm 4, or give its path with --helm or SKERRY_HELM.',
  });
}

/** A helm that keeps all its files in `home`. */
export function openHelm(
  program: string,
  home: string,
  env: NodeJS.ProcessEnv,
  options: { kubeconfig?: string; context?: string | undefined; limits?: HelmLimits } = {},
): Helm {
  return createHelm({
    program,
    home,
    environment: env,
    ...options,
  });
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
