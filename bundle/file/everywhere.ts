/** A config that is larger is no description of an image. */
const MAX_CONFIG_BYTES = 64 * 1024;

/**
 * Whether each volume of a bundle has a blob, as each has all manifests: what says which release it is and who signed it,
 * so that each can be checked alone; and configs, which common tools ask for to tell what an image is.
 */
export function isEverywhere(
  blob: { readonly isConfig: boolean; readonly size: number; readonly repositories: readonly string[] },
  release: string | undefined,
): boolean {
  const isProof = release !== undefined && blob.repositories.includes(release);
  return isProof || (blob.isConfig && blob.size <= MAX_CONFIG_BYTES);
}
