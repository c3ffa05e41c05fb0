interface BundleCopy {
  /** A bundle, a folder, or a registry. */
  readonly from: string;
  /** A registry, or a folder. */
  readonly to: string;
  readonly usernameFile?: string | undefined;
  readonly passwordFile?: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
}

const PARALLEL = 4;

/** Copies all that has a name. What the target has is skipped, and an interrupted copy goes on. Throws as skerry copy. */
export async function copyBundle(copy: BundleCopy): Promise<{ readonly bytes: number }> {
  const { from, to, usernameFile, passwordFile, env, signal, onProgress } = copy;
  // Loaded by who copies, and not by every help that knows of it.
  const [{ formatBytes }, { chooseItems }, { openSource, openTarget }, { copyAll }] = await Promise.all([
    import('../terminal/units.ts'),
    import('./chosen-items.ts'),
    import('./content-location.ts'),
    import('./copy-all.ts'),
  ]);
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
