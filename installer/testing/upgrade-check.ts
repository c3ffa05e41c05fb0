import type { KubeObject } from '../../apply/object.ts';
import { ScriptedApiServer } from '../../apply/testing/api-server.ts';
import type { LockedRelease } from '../../bundle/locked-release.ts';
import type { ReleaseBundle, ReleaseStore } from '../../bundle/release-bundle.ts';
import { digestOf } from '../../content/digest.ts';
import { MemoryStore } from '../../content/stores/memory.ts';
import type { UpgradeForecast } from '../forecast/forecast.ts';
import type { SubjectComponent, UpgradeSubject } from '../forecast/upgrade-subject.ts';
import type { CheckContext, Found, UpgradeCheck } from '../preflight/upgrade/finding.ts';
import type { Installation } from '../record/installation.ts';
import { ScriptedHelm } from './scripted-helm.ts';

export const CHECK_NOW = Date.UTC(2026, 10, 29);

/** A cluster that answers, for checks before an upgrade of `web` from 1.0.0 to 1.1.0. */
export class CheckSite {
  readonly server: ScriptedApiServer;

  private constructor(server: ScriptedApiServer) {
    this.server = server;
  }

  static async start(): Promise<CheckSite> {
    return new CheckSite(await ScriptedApiServer.start());
  }

  async run(check: UpgradeCheck, extra: ContextParts = {}): Promise<Found[]> {
    return [...(await check.run(this.context(extra)))];
  }

  context({ subject, forecast, ...rest }: ContextParts = {}): CheckContext {
    const client = this.server.client();
    const whole: UpgradeSubject = {
      engine: {
        client,
        helm: new ScriptedHelm(client, {}),
        scratch: '/nowhere',
        signal: AbortSignal.timeout(20_000),
      },
      installation: testInstallation(),
      from: testBundle('1.0.0'),
      to: testBundle('1.1.0'),
      ...{ changes: [], components: [], problems: [], isLater: false },
      ...subject,
    };
    return {
      ...{ subject: whole, forecast: { ...NO_FORECAST, ...forecast }, clock: CHECK_NOW, channel: undefined },
      ...{ acceptExpired: false, certificates: undefined, proven: undefined, onConflict: 'stop' },
      ...rest,
    };
  }
}

export type ContextParts = Partial<Omit<CheckContext, 'subject' | 'forecast'>> & {
  readonly subject?: Partial<UpgradeSubject>;
  readonly forecast?: Partial<UpgradeForecast>;
};

/** The component `web` with what it was and what it becomes. */
export function webComponent(
  before: readonly KubeObject[],
  after: readonly KubeObject[],
  crds: readonly KubeObject[] = [],
): SubjectComponent {
  const chart = { store: new MemoryStore(), repository: 'charts/web', digest: digestOf('chart') };
  return {
    ...{
      name: 'web',
      namespace: 'web',
      before,
      after: { name: 'web', namespace: 'web', crds, objects: after },
    },
    component: {
      ...{ name: 'web', namespace: 'web', chart, values: {}, images: new Map() },
      timeoutMs: 1000,
    },
  };
}

export function testInstallation(extra: Partial<Installation> = {}): Installation {
  return {
    ...{ version: 2, id: 'an-id', state: 'installed', key: { fingerprint: '', pem: '' }, phases: [] },
    release: { name: 'demo', version: '1.0.0', digest: digestOf('1.0.0') },
    components: [{ name: 'web', namespace: 'web', crds: [], health: [] }],
    ...{ namespaces: [], adopted: [], history: [] },
    ...extra,
  };
}

export function testBundle(version: string, extra: Partial<LockedRelease> = {}): ReleaseBundle {
  const store: ReleaseStore = Object.assign(new MemoryStore(), { close: async () => {} });
  const release: LockedRelease = {
    ...{ apiVersion: 'skerry.dev/v1', kind: 'LockedRelease', name: 'demo', version, description: '' },
    ...{
      kubernetes: '>=1.31 <1.38',
      registry: { component: 'registry' },
      components: [],
      packs: [],
      images: [],
    },
    ...{ notTaken: [], platforms: [], apiVersions: [], hostTools: [], contents: [] },
    ...extra,
  };
  const address = { repository: 'skerry/releases/demo', tag: version, digest: digestOf(version) };
  return { store, release, address, bytes: 1000 };
}

const NO_FORECAST: UpgradeForecast = {
  from: { name: 'demo', version: '1.0.0', digest: '' },
  to: { name: 'demo', version: '1.1.0', digest: '' },
  components: [],
  content: { images: 0, bytes: 1000, importBytes: 1000, importPieces: 1 },
  registry: { needBytes: 1000, capacityBytes: 10_000, usedBytes: 1000, freeBytes: 9000 },
  ...{ nodes: [], resources: [], phases: [], seconds: 0, measured: 'defaults' },
};
