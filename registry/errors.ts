import { errorTable } from '../content/error.ts';

export const registryError = errorTable({
  REGISTRY_LISTEN_FAILED: {
    means: 'The registry cannot listen on this address.',
    remedy: 'Choose another address or port, or end the program that uses it.',
  },
  REGISTRY_TLS_INVALID: {
    means: 'The certificate or its key cannot be used.',
    remedy: 'Give a PEM certificate chain and the private key that belongs to it.',
    exit: 2,
  },
  REGISTRY_USERS_INVALID: {
    means: 'The users file cannot be understood.',
    remedy:
      'Write one user per line as NAME:HASH or NAME:HASH:PERMISSIONS; "skerry registry user add" does it for you.',
    exit: 2,
  },
  REGISTRY_USERS_UNUSABLE: {
    means: 'The users file cannot be read or written.',
    remedy:
      'Give a file, in a folder that is there, that you (and the user that the registry runs as) may read and write.',
    exit: 2,
  },
  REGISTRY_USER_EXISTS: {
    means: 'There is a user of this name already.',
    remedy:
      'Choose another name, or change that user with --replace: what it may do stays unless --allow or --until says otherwise.',
    exit: 2,
  },
  REGISTRY_USER_UNKNOWN: {
    means: 'There is no user of this name.',
    remedy: 'Look the names up with "skerry registry user list".',
    exit: 2,
  },
  REGISTRY_AUDIT_UNUSABLE: {
    means: 'The audit log cannot be used.',
    remedy: 'Give a file with --audit that the registry may append to.',
    exit: 2,
  },
  REGISTRY_AUDIT_BROKEN: {
    means: 'The audit log is not as it was written.',
    remedy: 'Keep the file as evidence, and compare it with copies of the log that were taken earlier.',
    exit: 3,
  },
  REGISTRY_AUDIT_EMPTY: {
    means: 'There is no record in the audit log, so there is nothing that could be checked.',
    remedy:
      'A registry writes one whenever it starts: see that this is its file, and whether it was emptied.',
    exit: 3,
  },
  REGISTRY_UPLOADS_UNUSABLE: {
    means: 'The folder for unfinished uploads cannot be used.',
    remedy: 'Give a folder that the registry may write to, on the same file system as its store.',
    exit: 2,
  },
  REGISTRY_HASHING_FAILED: {
    means: 'What was pushed could not be hashed, so it was not kept.',
    remedy: 'Push again; if it fails again, look at the disk and the memory of the registry.',
  },
  REGISTRY_STORE_UNUSABLE: {
    means: 'The folder of the registry cannot be used.',
    remedy: 'Give a folder in which you may read and write, or run the command as the user that owns it.',
    exit: 2,
  },
  REGISTRY_STORE_IN_USE: {
    means:
      'Another process has this store open: a registry that serves it or, while none does, a check, gc or usage.',
    remedy:
      'Wait for that command, or end it: each continues or starts over later. Where a registry serves the store, commands find it by themselves; stop it to serve the store elsewhere.',
  },
  REGISTRY_STORE_DAMAGED: {
    means: 'The store has lost both its log and its index, so it is unknown which repository holds what.',
    remedy:
      'Put registry.log back from a copy. Without one, begin a store in an empty folder and push or copy everything to it again; the blobs are still in this one.',
    exit: 3,
  },
  REGISTRY_CHECK_FAILED: {
    means: 'Content of the store is damaged or missing.',
    remedy:
      'Repair it from a bundle, a layout folder or another registry: skerry registry check --repair-from SOURCE; or push the images that are named again.',
    exit: 3,
  },
  REGISTRY_DISK_FAILING: {
    means: 'The disk can read hardly any file of the store.',
    remedy:
      'See to the disk or its connection; then run the check again. Files that it could not read are in quarantine/.',
    exit: 3,
  },
  REGISTRY_REPAIR_SOURCE_UNUSABLE: {
    means: 'The source for repairs cannot be opened by the process that has the store open.',
    remedy:
      'Give a path that the registry itself can read (inside of its container: run the command there with kubectl exec, and copy the file there or mount it), or the address of a registry.',
    exit: 2,
  },
  REGISTRY_ROOTS_INVALID: {
    means: 'A list of what must stay cannot be understood, so nothing was collected.',
    remedy: 'Write one a line: REPOSITORY@DIGEST, REPOSITORY:TAG or a digest alone; # begins a comment.',
    exit: 2,
  },
  REGISTRY_RETENTION_INVALID: {
    means: 'The retention rules cannot be understood, so nothing was collected.',
    remedy: 'Write "rules", each with "repositories" (team/**) and "keepUntagged" (90d or forever).',
    exit: 2,
  },
  REGISTRY_LOG_INCOMPLETE: {
    means: 'The log of this store has lost lines, so it is not known what is garbage; nothing was collected.',
    remedy:
      'Look for tags and images that are missing and push them again; then move the copy of the damaged log out of the folder.',
    exit: 3,
  },
  REGISTRY_COLLECTION_RUNNING: {
    means: 'Garbage of this store is being collected already.',
    remedy: 'Wait until that is done, then run the command again.',
  },
  REGISTRY_READ_ONLY: {
    means: 'The registry that has this store open is read-only, so nothing was changed.',
    remedy:
      'Start it without --read-only, or stop it and run the command on its folder; gc --plan, usage and check without --repair-from do as it is.',
  },
  REGISTRY_UPSTREAM_AWAY: {
    means: 'The registry behind this cache does not answer, and what was asked for has not come by before.',
    remedy:
      'See that the cache reaches the registry (the detail says what it met). Clients with the registry itself as their next host ask that meanwhile.',
  },
  REGISTRY_JOB_UNKNOWN: {
    means: 'The registry that has this store open does not know this job.',
    remedy: 'It is of another version: run the command with the program that serves the store.',
  },
  REGISTRY_JOB_CUT_OFF: {
    means: 'The registry ended before the job did.',
    remedy: 'See that the registry runs again, then run the command again; what was done stays done.',
  },
});
