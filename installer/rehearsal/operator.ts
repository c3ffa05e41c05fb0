import type { ReleasePair, SiteOptions } from './release-pair.ts';

/** The command lines of an operator who works on the cluster of a rehearsal. */
export class Operator {
  readonly #pair: Pick<ReleasePair, 'old' | 'new' | 'keyPath'>;
  readonly #cluster: readonly string[];
  readonly #way: readonly string[];
  readonly #storage: readonly string[];

  constructor(
    pair: Pick<ReleasePair, 'old' | 'new' | 'keyPath'>,
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

  install(stick = this.#pair.old.stick.bundle): string[] {
    return ['install', stick, ...this.#trust(), ...this.#cluster, ...this.#way, ...this.#storage];
  }

  upgrade(stick = this.#pair.new.stick.bundle): string[] {
    return ['upgrade', stick, '--yes', ...this.#trust(), ...this.#cluster, ...this.#way];
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
