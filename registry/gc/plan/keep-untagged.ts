/** How long a manifest is kept after it lost its tag to another when nobody says otherwise, in milliseconds. */
export const DEFAULT_KEEP_UNTAGGED = 7 * 24 * 3_600_000;
