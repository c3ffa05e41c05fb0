import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compareItems, copyItems } from '../../../content/copy/copy-items.ts';
import type { RegistryWait } from '../../../content/remote/client.ts';
import { loginSources } from '../../../mirror/credentials/login-sources.ts';
import { type MirrorFile, readMirrorFile } from '../../../mirror/file/mirror-file.ts';
import type { MirrorContext } from '../../../mirror/run/context.ts';
import { Locations } from '../../../mirror/stores/open-location.ts';
import { registryOptions } from '../../../mirror/stores/registry-options.ts';
import { openServed, sessionsFor } from '../../copy/content-location.ts';
import { withScratch } from '../../scratch.ts';
import { findHelm, openHelm } from '../../stick/helm-program.ts';

export interface MirrorInput {
  readonly env: NodeJS.ProcessEnv;
  /** The helm program that renders charts. */
  readonly helm?: string | undefined;
  readonly signal: AbortSignal;
  readonly onWait?: ((wait: RegistryWait) => void) | undefined;
  readonly onProgress?: MirrorContext['onProgress'];
}

/** Reads a mirror file and has `work` done with it. */
export async function withMirror<T>(
  path: string,
  input: MirrorInput,
  work: (context: MirrorContext) => Promise<T>,
): Promise<T> {
  const file = await readMirrorFile(path);
  return await withContext(file, input, work);
}

/** As withMirror, for a file that was read. */
export async function withContext<T>(
  file: MirrorFile,
  { env, helm, signal, onWait, onProgress }: MirrorInput,
  work: (context: MirrorContext) => Promise<T>,
): Promise<T> {
  const credentials = await loginSources(file, env);
  const sessionsOf = (host: string) => sessionsFor(`https://${host}`, env);
  const registries = await registryOptions(file, { credentials, onWait, sessionsOf });
  return await withScratch(tmpdir(), async (scratch) =>
    work({
      file,
      engine: { compareItems, copyItems },
      locations: new Locations(registries, openServed),
      charts: async () => {
        const program = await findHelm(helm, env);
        return { helm: openHelm(program, join(scratch, 'helm'), env), scratch };
      },
      signal,
      onProgress,
    }),
  );
}
