import { errorTable } from '../content/error.ts';

export const channelError = errorTable({
  CHANNEL_NOT_FOUND: {
    means: 'There is no channel here.',
    remedy: 'Give the stick, a channel’s folder, or a registry that a channel was published to.',
    exit: 2,
  },
  CHANNEL_EXISTS: {
    means: 'There is a channel here already.',
    remedy: 'Add to it, or give another folder.',
    exit: 2,
  },
  CHANNEL_METADATA_INVALID: {
    means: 'Metadata of the channel is not what the TUF specification asks for.',
    remedy: 'Copy the channel again from its source. If it stays, the vendor has to publish it again.',
    exit: 3,
  },
  CHANNEL_ROOT_UNTRUSTED: {
    means: 'The channel’s root is not signed by the keys that this site trusts.',
    remedy:
      'Check the fingerprint of the root with the vendor by another way. Do not use this channel until it fits.',
    exit: 3,
  },
  CHANNEL_THRESHOLD_MISSED: {
    means: 'Metadata of the channel lacks signatures by as many of its keys as it needs.',
    remedy:
      'Copy the channel again from its source; if it stays, it was changed, or the vendor has not signed all of it.',
    exit: 3,
  },
  CHANNEL_ROLLED_BACK: {
    means: 'The channel is older than one that this site has seen already.',
    remedy: 'Use a newer stick. An older one may lack mended releases, or say that a withdrawn one is good.',
    exit: 3,
  },
  CHANNEL_MIXED: {
    means: 'Parts of the channel do not belong together.',
    remedy: 'Copy the whole channel again from one source.',
    exit: 3,
  },
  CHANNEL_TOO_LARGE: {
    means: 'Metadata of the channel is larger than it can be.',
    remedy: 'Copy the channel again from its source; what is here was not made by Skerry.',
    exit: 3,
  },
  CHANNEL_TOO_SLOW: {
    means: 'The channel’s source gave too little in too long a time.',
    remedy: 'Use another source, such as a stick, or look at what is between here and the source.',
    exit: 3,
  },
  CHANNEL_EXPIRED: {
    means: 'The channel’s metadata has expired, or the clock here is ahead.',
    remedy:
      'Check the date. Use a newer stick, or allow it by --accept-expired when no newer one can be had.',
    exit: 3,
  },
  CHANNEL_RELEASE_UNKNOWN: {
    means: 'The channel has no such release.',
    remedy: 'Choose one that skerry channel list shows.',
    exit: 2,
  },
  CHANNEL_RELEASE_EXISTS: {
    means: 'The channel has this version already, with other content.',
    remedy: 'A version never changes: give the release a new one.',
    exit: 2,
  },
  CHANNEL_RELEASE_MISMATCH: {
    means: 'A release is not the one that the channel names.',
    remedy: 'Do not install it. Copy stick and channel again from the vendor.',
    exit: 3,
  },
  CHANNEL_NO_PATH: {
    means: 'No way of upgrades leads to this release from the one that is installed.',
    remedy: 'Use a stick that also has the releases between them, as named in the details.',
    exit: 4,
  },
  CHANNEL_KEY_UNKNOWN: {
    means: 'This key signs no part of the channel.',
    remedy: 'Give one of the keys that skerry channel show lists for the role.',
    exit: 2,
  },
  CHANNEL_NOT_SIGNED: {
    means: 'What is to be published lacks signatures.',
    remedy: 'Sign it by skerry channel sign with the keys that are named in the details, then publish.',
    exit: 2,
  },
});
