/**
 * What an image is made of, as plain data. Everything that decides its bytes stands here or in what it names: Debian
 * packages, and inputs (programs that were built or files of this project), each by a name that says nothing of the
 * machine.
 */
export interface Recipe {
  /** Last part of the repository, as `nginx`. */
  readonly name: string;
  readonly tag: string;
  readonly title: string;
  readonly description: string;
  /** SPDX expression. */
  readonly licenses: string;
  /** The version of the software: as given, or that of a Debian package. */
  readonly version: string | { readonly package: string };
  /** From the lowest up. What changes least comes first, so that an upgrade moves little. */
  readonly layers: readonly LayerRecipe[];
  /** `root` only where the recipe says why. */
  readonly user: 'nonroot' | 'root';
  readonly entrypoint: readonly string[];
  readonly command?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly workingFolder?: string;
  /** As `8080/tcp`. */
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly stopSignal?: string;
  /** Publish an image index that names the image, as multi-platform images are. */
  readonly asIndex?: boolean;
  /** A command inside the image that ends well by itself, or when it gets a SIGTERM, and proves that its program starts. */
  readonly probe: { readonly command: readonly string[]; readonly ends: 'by-itself' | 'on-sigterm' };
}

export interface LayerRecipe {
  readonly name: string;
  /** Patterns of paths taken from Debian packages. Each must match. Paths are those after the merge of /usr. */
  readonly packages?: Readonly<Record<string, readonly string[]>>;
  /** Packages that may give shared libraries beside those above and what they depend on. */
  readonly libraries?: readonly string[];
  readonly files?: Readonly<Record<string, FileRecipe>>;
  /** All files of a folder, by its name in BuildInputs. */
  readonly folders?: Readonly<Record<string, { readonly input: string }>>;
  readonly directories?: Readonly<Record<string, DirectoryRecipe>>;
  /** Path to target. */
  readonly symlinks?: Readonly<Record<string, string>>;
}

/** Names of the Debian packages that a layer is made of. */
export function packagesOf({ packages = {}, libraries = [], files = {} }: LayerRecipe): string[] {
  const concat = Object.values(files).flatMap((file) => ('concat' in file ? [file.concat.package] : []));
  return [...Object.keys(packages), ...libraries, ...concat];
}

export type FileRecipe = { readonly mode?: number } & (
  | { readonly text: string }
  /** A file by its name in BuildInputs. */
  | { readonly input: string }
  /** Files of a package, one after the other in order of their names. */
  | { readonly concat: { readonly package: string; readonly pattern: string } }
);

export interface DirectoryRecipe {
  readonly mode?: number;
  readonly owner?: 'root' | 'nonroot';
}

/** Where an input lies on this machine. Throws IMAGE_INPUT_MISSING. */
export type BuildInputs = (name: string) => string;

/** Names of the inputs that an image is made of. */
export function inputsOf({ layers }: Recipe): string[] {
  const files = layers.flatMap(({ files = {}, folders = {} }) => [
    ...Object.values(files),
    ...Object.values(folders),
  ]);
  return files.flatMap((file) => ('input' in file ? [file.input] : []));
}

/** The user that containers run as: the number that distroless images made customary. */
export const NONROOT = { uid: 65532, gid: 65532 } as const;

/** The registry under which the platform's own images are named. A reserved name: nothing is ever pulled there. */
const IMAGE_REGISTRY = 'registry.skerry.example';

export function referenceOf({ name, tag }: Pick<Recipe, 'name' | 'tag'>): string {
  return `${IMAGE_REGISTRY}/${name}:${tag}`;
}
