/**
 * What Node is told wherever Skerry runs. On a large machine V8 lets many times as much pile up as is needed before it
 * looks for what nobody needs: by default a registry of 30 MB grows to 240 MB.
 */
export const NODE_FLAGS: readonly string[] = ['--max-semi-space-size=4', '--heap-growing-percent=30'];
