import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { type HelmSettings, pluginFolder } from './helm-process.ts';
import { POST_RENDER_ERRORS } from './post-render.ts';

/** A post-renderer that helm can be told to use. */
export interface PostRenderer {
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** What the post-renderer said when it failed; helm itself keeps that back. */
  failure(): Promise<string | undefined>;
}

/**
 * Makes a command line (program and arguments; manifests in on stdin, out on stdout) usable as `--post-renderer`.
 * Helm 4 runs post-renderers only as plugins of type postrenderer/v1, hooks included. It splits a plugin's command
 * at blanks and then expands variables, so the command line travels in variables: any path survives that.
 */
export async function preparePostRenderer(
  settings: HelmSettings,
  command: readonly string[],
): Promise<PostRenderer> {
  const name = `skerry-post-render-${command.length}`;
  await writePlugin(join(pluginFolder(settings), name), name, command.length);
  const errors = join(settings.home, `post-render-${crypto.randomUUID()}.txt`);
  return {
    args: ['--post-renderer', name],
    environment: {
      [POST_RENDER_ERRORS]: errors,
      ...Object.fromEntries(command.map((part, index) => [variable(index), part])),
    },
    failure: async () => {
      const text = await readFile(errors, 'utf8').catch(() => undefined);
      await rm(errors, { force: true });
      return text;
    },
  };
}

async function writePlugin(folder: string, name: string, parts: number): Promise<void> {
  const [command, ...args] = Array.from({ length: parts }, (_, index) => `\${${variable(index)}}`);
  const plugin = {
    apiVersion: 'v1',
    type: 'postrenderer/v1',
    name,
    version: '1.0.0',
    runtime: 'subprocess',
    config: {},
    runtimeConfig: { platformCommand: [{ command, args }] },
  };
  await mkdir(folder, { recursive: true });
  // Renamed into place: another helm of ours may be reading the same file.
  const draft = join(folder, `draft-${crypto.randomUUID()}`);
  await writeFile(draft, stringify(plugin));
  await rename(draft, join(folder, 'plugin.yaml'));
}

function variable(index: number): string {
  return `SKERRY_POST_RENDER_${index}`;
}
