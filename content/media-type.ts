/** The media types of image-spec media-types.md, and Docker's schema 2 types, which are kept byte for byte. */
export const MediaType = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar',
  layerGzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
  layerZstd: 'application/vnd.oci.image.layer.v1.tar+zstd',
  empty: 'application/vnd.oci.empty.v1+json',
  dockerList: 'application/vnd.docker.distribution.manifest.list.v2+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  helmConfig: 'application/vnd.cncf.helm.config.v1+json',
  helmChart: 'application/vnd.cncf.helm.chart.content.v1.tar+gzip',
} as const;

const INDEXES: readonly string[] = [MediaType.index, MediaType.dockerList];
const MANIFESTS: readonly string[] = [MediaType.manifest, MediaType.dockerManifest];

export function isIndexType(mediaType: string): boolean {
  return INDEXES.includes(mediaType);
}

/** True for anything stored as a manifest: image manifests and indexes, OCI's and Docker's. */
export function isManifestType(mediaType: string): boolean {
  return isIndexType(mediaType) || MANIFESTS.includes(mediaType);
}

/** What a client says it accepts when it asks for a manifest. */
export const ACCEPT_MANIFESTS = [...MANIFESTS, ...INDEXES].join(', ');

/** Layers that their makers did not allow to be given on; `urls` may say where they are (image-spec, layer.md). */
export function isNonDistributable(mediaType: string): boolean {
  return mediaType.includes('nondistributable') || mediaType.includes('rootfs.foreign');
}
