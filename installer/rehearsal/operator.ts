import type { ReleasePair, SiteOptions } from './release-pair.ts';

/** The command lines of an operator who works on the cluster of a rehearsal. */
export class Operator {
  readonly #pair: Pick<ReleasePair, 'old' | 'new' | 'keyPath' | 'helmPath'>;
  readonly #cluster: readonly string[];
  readonly #way: readonly string[];
  readonly #storage: readonly string[];

  constructor(
    pair: Pick<ReleasePair, 'old' | 'new' | 'keyPath' | 'helmPath'>,
    kubeconfig: string,
    { context, address, storageClass, storageSize, requestLog }: SiteOptions & { requestLog?: string },
  ) {
    this.#pair = pair;
    this.#cluster = ['--kubeconfig', kubeconfig, ...optional('--context', context)];
    this.#way = [...optional('--address', address), ...optional('--request-log', requestLog)];
    this.#storage = [
      ...optional('--storage-class', storageClass),
      ...optional('--storage-size', storageSize),
    ];
  }

  install(): string[] {
    return [
      'install',
      this.#pair.old.stick.bundle,
      ...this.#trust(),
      ...this.#cluster,
      ...this.#way,
      ...this.#storage,
    ];
  }

  /** From another bundle than the one on the stick, which has no helm beside it. */
  upgrade(copy?: string): string[] {
    const stick = copy ?? this.#pair.new.stick.bundle;
    const helm = copy === undefined ? [] : ['--helm', this.#pair.helmPath];
    return ['upgrade', stick, '--yes', ...this.#trust(), ...this.#cluster, ...this.#way, ...helm];
  }

  rollback(): string[] {
    return ['rollback', '--yes', ...this.#cluster];
  }

  uninstall(words: readonly string[]): string[] {
    const deleted = words.flatMap((word) => ['--delete', word]);
    return ['uninstall', '--yes', ...deleted, ...this.#cluster];
  }

  #trust(): string[] {
    return ['--key', this.#pair.keyPath];
  }
}

function optional(name: string, value: string | undefined): string[] {
  return value === undefined ? [] : [name, value];
}
