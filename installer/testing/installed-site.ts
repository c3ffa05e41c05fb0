import type { KubeObject } from '../../apply/object.ts';
import type { Engine } from '../../apply/release/component.ts';
import { readSubject, type UpgradeSubject } from '../forecast/upgrade-subject.ts';
import { readInstallation } from '../record/installation.ts';
import { ScriptedHelm } from './scripted-helm.ts';
import { deployment, installOn, REGISTRY_CHART, type ScriptedSite, scriptedSite } from './scripted-site.ts';

/** A site on which 1.0.0 with `web` is installed, and an upgrade to a release with other values for it. */
export class InstalledSite {
  readonly site: ScriptedSite;

  private constructor(site: ScriptedSite) {
    this.site = site;
  }

  static async start(): Promise<InstalledSite> {
    const site = await scriptedSite({ charts: { web: [deployment('web')] } });
    await installOn(site.context);
    return new InstalledSite(site);
  }

  /** With parts of the engine replaced; `after` is what the chart of `web` renders to now. */
  async subject(
    replaced: Partial<Engine> = {},
    after: readonly KubeObject[] = [deployment('web')],
  ): Promise<UpgradeSubject> {
    const { context, bundle } = this.site;
    const stored = await readInstallation(context.client);
    if (stored === undefined) throw new Error('nothing is installed');
    const components = bundle.release.components.map((each) =>
      each.name === 'web' ? { ...each, values: { a: 1 } } : each,
    );
    const to = { ...bundle, release: { ...bundle.release, version: '1.1.0', components } };
    const helm = new ScriptedHelm(context.client, { registry: REGISTRY_CHART, web: after });
    const storage = { className: undefined, size: '20Gi' };
    return await readSubject({
      engine: { ...context, helm, ...replaced },
      installation: stored.installation,
      ...{ from: bundle, to, storage },
    });
  }
}
