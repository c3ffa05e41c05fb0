import { errorTable } from './error.ts';

export const contentError = errorTable({
  DIGEST_INVALID: {
    means: 'This is not an OCI digest.',
    remedy: 'Give a digest as sha256:<64 hex digits> or sha512:<128 hex digits>.',
  },
  DIGEST_MISMATCH: {
    means: 'The bytes are not those that the digest names.',
    remedy: 'Copy the content again from its source; if it happens again, check the medium and the source.',
    exit: 3,
  },
  SIZE_MISMATCH: {
    means: 'The content is shorter or longer than its descriptor says.',
    remedy: 'Copy the content again from its source; the last copy may have been cut off.',
    exit: 3,
  },
  REFERENCE_INVALID: {
    means: 'This is not an image reference.',
    remedy: 'Write it as HOST/NAME:TAG or HOST/NAME@DIGEST, for example registry.example/team/app:1.2.3.',
    exit: 2,
  },
  REFERENCE_AMBIGUOUS: {
    means: 'One name stands for two different contents.',
    remedy:
      'Give one of the two another tag, or name it by its digest alone; if the tag has just moved, try again.',
    exit: 2,
  },
  MANIFEST_INVALID: {
    means: 'This manifest cannot be read.',
    remedy:
      'Push the image again with a current client; only OCI and Docker schema 2 manifests are understood.',
    exit: 3,
  },
  CONTENT_NOT_FOUND: {
    means: 'The store does not hold this content.',
    remedy: 'Check the name and the tag; if they are right, push the content to the store first.',
  },
  STORE_READ_ONLY: {
    means: 'This store cannot be written to.',
    remedy: 'Write to a registry or to a layout folder instead.',
  },
  STORE_NOT_FOUND: {
    means: 'There is no content store here.',
    remedy:
      'Check the path; it should be a folder with an oci-layout file, the folder of a registry, or a bundle.',
    exit: 2,
  },
  LAYOUT_INVALID: {
    means: 'This is not a valid OCI image layout.',
    remedy: 'Make the layout again from its source.',
    exit: 3,
  },
  DISK_FULL: {
    means: 'There is no space left on the disk.',
    remedy:
      'Free some space or choose another disk, then run the same command again; it goes on where it stopped.',
  },
  REGISTRY_UNREACHABLE: {
    means: 'The registry does not answer.',
    remedy:
      'Check the address, the network, the proxy settings and the certificate, then run the command again. Its authority must be one that this machine trusts, or stand in the file that SSL_CERT_FILE names.',
  },
  REGISTRY_DENIED: {
    means: 'The registry refuses access.',
    remedy: 'Log in to the registry (docker login, or auth.json), or ask its owner for access.',
  },
  REGISTRY_ERROR: {
    means: 'The registry answered with an error.',
    remedy: 'Read the answer in the details; if it is a server error, try again later.',
  },
});
