import { errorTable } from '../content/error.ts';

export const mirrorError = errorTable({
  MIRROR_NOT_FOUND: {
    means: 'There is no mirror file here.',
    remedy: 'Give the path of a mirror.yaml.',
    exit: 2,
  },
  MIRROR_INVALID: {
    means: 'The mirror file has a mistake.',
    remedy: 'Correct the field; docs/mirror.md describes all of them.',
    exit: 2,
  },
  MIRROR_INCOMPLETE: {
    means: 'The mirror run is over, and some items failed; the others are mirrored.',
    remedy: 'Mend what is said of each of them and run it again: only those are copied.',
    exit: 6,
  },
  MIRROR_DRIFT: {
    means: 'The target is not what the mirror file asks for.',
    remedy: 'Look at the changes with skerry mirror plan, and make them with skerry mirror run.',
    exit: 7,
  },
  MIRROR_UNREACHABLE: {
    means: 'No job of the mirror file could be begun.',
    remedy: 'Read why for each job; check addresses, network and logins, then run it again.',
  },
  MIRROR_BUSY: {
    means: 'Another run of this mirror file has not ended yet.',
    remedy: 'Wait until it has ended; it does all that this one would.',
  },
  MIRROR_NOTHING_SELECTED: {
    means: 'A job selects nothing at its source.',
    remedy:
      'Check the names of repositories and the rules for tags; some registries list nothing unless you log in. Nothing is deleted at the target.',
  },
  MIRROR_DELETES_TOO_MUCH: {
    means: 'More would be deleted at the target than the job allows, so nothing was.',
    remedy:
      'Look at what skerry mirror plan would delete; if it is right, raise maxShare of the job for one run.',
  },
  MIRROR_CANNOT_DELETE: {
    means: 'The target deletes nothing.',
    remedy: 'Take delete out of the job, or allow deletion at the target.',
  },
  MIRROR_CREDENTIALS_INVALID: {
    means: 'The file with encrypted logins cannot be opened.',
    remedy: 'Give the right passphrase, or make the file again with skerry mirror credentials set.',
    exit: 2,
  },
  MIRROR_PASSPHRASE_MISSING: {
    means: 'The file with encrypted logins needs a passphrase.',
    remedy: 'Name a file with it as passphraseFile in the mirror file, or in SKERRY_MIRROR_PASSPHRASE_FILE.',
    exit: 2,
  },
  MIRROR_KEYRING_UNAVAILABLE: {
    means: 'The keyring of this system cannot be used.',
    remedy:
      'Use an encrypted file instead (skerry mirror credentials set HOST --file FILE); a keyring needs a desktop session or a Secret Service, and Skerry installed by npm.',
    exit: 2,
  },
  MIRROR_BACKUP_UNSEEN: {
    means: 'A backup was asked for, and the login may not see what the tag stands for at the target.',
    remedy:
      'Let the login pull from the target as well, or take backup out of the job; where the repository does not exist yet, make it first.',
  },
  MIRROR_IDENTITY_WRONG: {
    means: 'The image is signed by somebody else than the identity that the mirror file trusts.',
    remedy:
      'Compare subject and issuer of the certificate with what the maker of the image says; then correct identity or issuer in the rule.',
    exit: 3,
  },
  MIRROR_CERTIFICATE_INVALID: {
    means: 'The certificate of a signature is not one that the trusted root stands for.',
    remedy:
      'Do not use this image unless its maker has another Sigstore than your trusted root is of, or the root is older than the signature: then bring a new trusted_root.json.',
    exit: 3,
  },
  MIRROR_SIGNATURE_UNLOGGED: {
    means: 'No transparency log of the trusted root proves when a signature was made.',
    remedy:
      'Ask the maker to sign again with an entry in the log (cosign sign without --tlog-upload=false), or bring a trusted_root.json that knows the log.',
    exit: 3,
  },
  MIRROR_TRUSTED_ROOT_INVALID: {
    means: 'The trusted root cannot be used.',
    remedy:
      'Give a trusted_root.json of Sigstore, with certificate authorities and transparency logs; cosign trusted-root create makes one.',
    exit: 2,
  },
  MIRROR_IMPORT_INVALID: {
    means: 'This file cannot be imported.',
    remedy: 'Give a configuration of regsync (version 1) or an ImageSetConfiguration of oc-mirror.',
    exit: 2,
  },
  MIRROR_STATE_INVALID: {
    means: 'The file that remembers the runs of a mirror is damaged.',
    remedy: 'Remove it; the next run writes it again. Nothing else is lost.',
    exit: 2,
  },
  MIRROR_RUN_OLD: {
    means: 'The last good run of the mirror is older than it should be.',
    remedy: 'Read why the last runs failed, with skerry mirror status or in the log of the service.',
  },
});
