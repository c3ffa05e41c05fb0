interface BundleCopy {
  /** A bundle, a folder, or a registry. */
  readonly from: string;
  /** A registry, or a folder. */
  readonly to: string;
  readonly usernameFile?: string | undefined;
  readonly passwordFile?: string | undefined;
  /** A public key: `from` is a bundle then, of which nothing is copied that it has not signed. */
  readonly keyFile?: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
}

const PARALLEL = 4;

/**
 * Copies all that has a name. What the target has is skipped, and an interrupted copy goes on. Throws as skerry copy, and
 * SIGNATURE_*, BUNDLE_*.
 */
export async function copyBundle(copy: BundleCopy): Promise<{ readonly bytes: number }> {
  const { from, to, usernameFile, passwordFile, env, signal, onProgress } = copy;
  // Loaded by who copies, and not by every help that knows of it.
  const [{ formatBytes }, { chooseItems }, { openSource, openTarget }, { copyAll }] = await Promise.all([
    import('../terminal/units.ts'),
    import('./chosen-items.ts'),
    import('./content-location.ts'),
    import('./copy-all.ts'),
  ]);
  if (copy.keyFile !== undefined) await verify(from, copy.keyFile, copy);
  const source = await openSource(from, env);
  try {
    const target = await openTarget(to, { usernameFile, passwordFile }, env);
    try {
      const options = { parallel: PARALLEL, allowSparse: 'none' as const };
      const chosen = await chooseItems(source.store, [], {}, signal);
      const work = { ...chosen, target: target.store, isNamed: false, options, signal };
      const { bytes, failure } = await copyAll(work, ({ bytesDone, bytesTotal }) =>
        onProgress(`${formatBytes(bytesDone)} of ${formatBytes(bytesTotal)}`),
      );
      if (failure !== undefined) throw failure;
      return { bytes };
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

async function verify(
  from: string,
  keyPath: string,
  { env, signal, onProgress }: Pick<BundleCopy, 'env' | 'signal' | 'onProgress'>,
): Promise<void> {
  const [{ openReleaseBundle }, { openTrustedKey }] = await Promise.all([
    import('../../bundle/release-bundle.ts'),
    import('../stick/keys.ts'),
  ]);
  const nothing = { fingerprint: undefined, installed: undefined, ask: undefined };
  const key = await openTrustedKey({ ...nothing, keyPath, stickKeyPath: '', env });
  onProgress(`comparing ${from} with its signature`);
  const { store } = await openReleaseBundle(from, key, { signal });
  await store.close();
}
