import type { MirrorFile } from '../../../mirror/file/mirror-file.ts';
import { stateFileOf } from '../../../mirror/service/state-file.ts';
import type { StateOption } from './state-option.ts';

/** The file that remembers the runs of a mirror. */
export function statePathOf({ state }: StateOption, { mirror }: MirrorFile, env: NodeJS.ProcessEnv): string {
  return state ?? stateFileOf(mirror.name, env);
}
