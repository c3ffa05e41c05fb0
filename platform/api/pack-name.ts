import { z } from 'zod';

/** A pack's name: one component of an OCI repository name that is also a DNS label. */
export const PackName = z
  .string()
  .max(63)
  .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/);

/** A pack's version: semver without build metadata, since an OCI tag has no plus sign. */
export const PackVersion = z
  .string()
  .max(64)
  .regex(/^(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?$/);
