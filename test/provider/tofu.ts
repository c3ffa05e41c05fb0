import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { imageArchitecture } from '../../manifests/images/build-inputs.ts';
import packageJson from '../../package.json' with { type: 'json' };

/** What is read of a line of `tofu … -json`. */
const Line = z.looseObject({
  type: z.string(),
  '@message': z.string(),
  diagnostic: z
    .looseObject({
      severity: z.string(),
      summary: z.string(),
      detail: z.string().default(''),
      range: z.looseObject({ start: z.looseObject({ line: z.int() }) }).optional(),
    })
    .optional(),
  changes: z.looseObject({ add: z.int(), change: z.int(), remove: z.int() }).optional(),
});

export interface Said {
  readonly exitCode: number | null;
  /** `SUMMARY: DETAIL` of each diagnostic, and the line of the configuration that it points at. */
  readonly problems: readonly { readonly line: number | undefined; readonly text: string }[];
  /** As `1 to add, 0 to change, 0 to destroy`; of the last that it said. */
  readonly changes: string | undefined;
  readonly output: string;
}

export interface TofuOptions {
  readonly program: string;
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
}

/** OpenTofu in a folder of its own, driven as people drive it. */
export class Tofu {
  readonly folder: string;
  readonly #program: string;
  readonly #env: Readonly<Record<string, string>>;

  constructor({ program, folder, env }: TofuOptions) {
    this.#program = program;
    this.folder = folder;
    this.#env = env;
  }

  /** Writes the configuration, `main.tf`. */
  async configure(configuration: string): Promise<void> {
    await mkdir(this.folder, { recursive: true });
    await writeFile(join(this.folder, 'main.tf'), configuration);
  }

  async plan(...args: readonly string[]): Promise<Said> {
    return await this.run('plan', '-json', '-input=false', '-detailed-exitcode', ...args);
  }

  async apply(...args: readonly string[]): Promise<Said> {
    return await this.run('apply', '-json', '-input=false', '-auto-approve', ...args);
  }

  async destroy(): Promise<Said> {
    return await this.run('destroy', '-json', '-input=false', '-auto-approve');
  }

  async run(...args: readonly string[]): Promise<Said> {
    return await saidBy(this.start(...args));
  }

  /** Starts a command; `saidBy` waits for its end. */
  start(...args: readonly string[]): ChildProcess {
    return spawn(this.#program, args, {
      cwd: this.folder,
      env: { PATH: process.env.PATH, HOME: this.folder, CHECKPOINT_DISABLE: '1', ...this.#env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  async state(): Promise<string> {
    return await readFile(join(this.folder, 'terraform.tfstate'), 'utf8');
  }
}

export async function saidBy(child: ChildProcess): Promise<Said> {
  const { stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new Error('no pipes');
  const [out, err, [exitCode]] = await Promise.all([text(stdout), text(stderr), once(child, 'close')]);
  const lines = out
    .split('\n')
    .flatMap((line) => (line.startsWith('{"') ? [Line.parse(JSON.parse(line))] : []));
  const changes = lines.findLast((line) => line.changes !== undefined)?.changes;
  return {
    exitCode: typeof exitCode === 'number' ? exitCode : null,
    problems: lines.flatMap(({ diagnostic }) =>
      diagnostic === undefined
        ? []
        : [{ line: diagnostic.range?.start.line, text: `${diagnostic.summary}: ${diagnostic.detail}` }],
    ),
    changes:
      changes === undefined
        ? undefined
        : `${changes.add} to add, ${changes.change} to change, ${changes.remove} to destroy`,
    output: `${out}${err}`,
  };
}

/**
 * A mirror on the disk with this program as the provider, and others of ours by their types, and a file that has OpenTofu
 * use it; gives the environment for that.
 */
export async function providerMirror(
  folder: string,
  skerry: string,
  others: Readonly<Record<string, string>> = {},
): Promise<Record<string, string>> {
  const { version } = packageJson;
  const mirror = join(folder, 'mirror');
  const arch = imageArchitecture(process.arch);
  for (const [type, program] of Object.entries({ skerry, ...others })) {
    const place = join(mirror, 'skerry.dev/skerry', type, version, `linux_${arch}`);
    await mkdir(place, { recursive: true });
    await symlink(program, join(place, `terraform-provider-${type}_v${version}`));
  }
  const file = join(folder, 'tofurc');
  await writeFile(file, `provider_installation {\n  filesystem_mirror {\n    path = "${mirror}"\n  }\n}\n`);
  return { TF_CLI_CONFIG_FILE: file };
}
