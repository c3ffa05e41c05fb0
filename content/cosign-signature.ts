/** Where cosign, and Skerry with it, keeps signatures (sigstore's SIGNATURE_SPEC.md): for makers and readers. */
export const COSIGN_SIGNATURE_TYPE = 'application/vnd.dev.cosign.artifact.sig.v1+json';
/** Annotation with the fingerprint of the key that is said to have signed. */
export const KEY_FINGERPRINT = 'dev.skerry.key.fingerprint';
