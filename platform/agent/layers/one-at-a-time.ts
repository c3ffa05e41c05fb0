import type { Helm } from '../../../apply/helm/helm.ts';

/** The same helm, of which one process runs at a time: each may take more memory than the agent itself. */
export function oneAtATime(helm: Helm): Helm {
  const turns = new Turns();
  return {
    version: async (signal) => await turns.take(async () => await helm.version(signal)),
    template: async (chart) => await turns.take(async () => await helm.template(chart)),
    package: async (chart) => await turns.take(async () => await helm.package(chart)),
    packageAll: async (charts) => await turns.take(async () => await helm.packageAll(charts)),
    upgrade: async (chart) => await turns.take(async () => await helm.upgrade(chart)),
    install: async (chart) => await turns.take(async () => await helm.install(chart)),
    renderUpgrade: async (chart) => await turns.take(async () => await helm.renderUpgrade(chart)),
    rollback: async (release) => await turns.take(async () => await helm.rollback(release)),
    status: async (release) => await turns.take(async () => await helm.status(release)),
    manifest: async (release) => await turns.take(async () => await helm.manifest(release)),
    values: async (release) => await turns.take(async () => await helm.values(release)),
    list: async (options) => await turns.take(async () => await helm.list(options)),
    uninstall: async (release) => await turns.take(async () => await helm.uninstall(release)),
  };
}

class Turns {
  #last: Promise<unknown> = Promise.resolve();

  async take<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work, work);
    this.#last = turn.catch(() => undefined);
    return await turn;
  }
}
