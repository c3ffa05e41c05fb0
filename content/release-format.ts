/** What a release is as an OCI artifact, for those who make releases and those who show them. */
export const RELEASE_TYPE = 'application/vnd.skerry.release.v1+json';
export const RELEASE_CONFIG_TYPE = 'application/vnd.skerry.release.config.v1+json';

/** The repository and tag of a release artifact. */
export function releaseName(name: string, version: string): { repository: string; tag: string } {
  return { repository: `skerry/releases/${name}`, tag: version };
}
