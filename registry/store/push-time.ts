/** Milliseconds that a push may take: what came no longer ago may be a part of one. */
export const PUSH_MS = 24 * 3_600_000;
