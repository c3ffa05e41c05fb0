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
  INDEX_INCOMPLETE: {
    means: 'An index names a manifest that the source does not hold.',
    remedy:
      'Copy the whole index to the source, choose platforms that it holds, or accept the gap with copy --allow-sparse.',
  },
  PLATFORM_NOT_FOUND: {
    means: 'The image has no content for the wanted platforms.',
    remedy: 'Choose a platform that the image has, or take all.',
    exit: 2,
  },
  CONTENT_INCOMPLETE: {
    means: 'The images were copied whole, but not everything that belongs to them could be had.',
    remedy:
      'Read what is missing; if it is needed (a signature), mend the cause at the source and run the command again.',
    exit: 5,
  },
  COPY_INCOMPLETE: {
    means: 'Some of what was to be copied could not be; the rest is there.',
    remedy: 'Read what failed and of what, mend that, and run the command again: it leaves what is there.',
    exit: 6,
  },
  LAYOUT_IN_USE: {
    means: 'Another command writes to this folder.',
    remedy: 'Wait until it has ended, then run this again: only what is missing then is copied.',
  },
  STORE_READ_ONLY: {
    means: 'This store cannot be written to.',
    remedy: 'Write to a registry or to a layout folder instead.',
  },
  DELETE_UNSUPPORTED: {
    means: 'This registry does not delete what it was asked to delete.',
    remedy:
      'Have its owner allow deleting (storage.delete.enabled of Distribution), or delete by digest where it takes no tags.',
  },
  STORE_NOT_FOUND: {
    means: 'There is no content store here.',
    remedy:
      'Check the path; it should be a folder with an oci-layout file, the folder of a registry, or a bundle.',
    exit: 2,
  },
  STORE_EMPTY: {
    means: 'The store names nothing that could be copied.',
    remedy:
      'Name what to copy as REPOSITORY:TAG or REPOSITORY@DIGEST, or make the layout again with names in it; some registries list nothing unless you log in.',
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
  FILE_TOO_LARGE: {
    means: 'The file system takes no file as large as this.',
    remedy:
      'Use a medium with another file system: exFAT or ext4 where it is FAT32, which ends at 4 GiB; or cut the bundle with --volume-size 4GiB.',
  },
  VOLUME_MISSING: {
    means: 'Not all volumes of the bundle are here.',
    remedy:
      'Bring the volumes that are named, and give the same command again: with all of them in one folder, or each folder after --volumes.',
    exit: 2,
  },
  STORE_UNUSABLE: {
    means: 'The files of the store cannot be read or written.',
    remedy:
      'Give a folder that the user that runs this may read and write, on a medium that is not read-only.',
    exit: 2,
  },
  DISK_FAILED: {
    means: 'The disk failed.',
    remedy: 'Look at the kernel’s log (dmesg); use another disk or medium and run the same command again.',
  },
  TOO_MANY_FILES: {
    means: 'There are too many open files.',
    remedy:
      'Raise the limit (ulimit -n), or let less run at a time with --parallel where there is that option.',
  },
  REGISTRY_UNREACHABLE: {
    means: 'The registry does not answer.',
    remedy:
      'Check the address, the network, the proxy settings and the certificate, then run the command again. Its authority must be one that this machine trusts, or stand in the file that SSL_CERT_FILE names.',
  },
  HASHING_FAILED: {
    means: 'A file could not be hashed, so what it is cannot be told.',
    remedy: 'Run the same command again; if it fails again, look at the disk and the memory of this machine.',
  },
  REGISTRY_DENIED: {
    means: 'The registry refuses access.',
    remedy: 'Log in to the registry (docker login, or auth.json), or ask its owner for access.',
  },
  REGISTRY_RATE_LIMITED: {
    means: 'The registry limits how often it may be asked.',
    remedy:
      'Wait until the limit is over, log in (limits are higher then) or use a mirror; then run the same command again, it goes on where it stopped.',
  },
  CREDENTIALS_UNREADABLE: {
    means: 'A file with logins for registries cannot be read.',
    remedy:
      'Make it readable for the user that runs this, mend or remove it, or name another one with REGISTRY_AUTH_FILE.',
    exit: 2,
  },
  CREDENTIAL_HELPER_FAILED: {
    means: 'The program that keeps the logins for a registry failed.',
    remedy:
      'Run docker-credential-NAME get by hand to see why, log in again, or take the helper out of the file that names it.',
    exit: 2,
  },
  REGISTRY_ERROR: {
    means: 'The registry answered with an error.',
    remedy: 'Read the answer in the details; if it is a server error, try again later.',
  },
});
