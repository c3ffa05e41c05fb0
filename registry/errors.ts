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
    remedy: 'Write one user per line as NAME:HASH; make the hash with "skerry registry hash-password".',
    exit: 2,
  },
  REGISTRY_UPLOADS_UNUSABLE: {
    means: 'The folder for unfinished uploads cannot be used.',
    remedy: 'Give a folder that the registry may write to, on the same file system as its store.',
    exit: 2,
  },
  REGISTRY_STORE_IN_USE: {
    means: 'Another process has this store open.',
    remedy:
      'Ask the registry that serves it (its commands find it by themselves), or stop that registry and try again.',
  },
});
