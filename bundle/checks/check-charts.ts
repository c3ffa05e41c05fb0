import type { HealthRule } from '../../apply/health/health-rule.ts';
import type { KubeObject } from '../../apply/object.ts';
import { messageOf } from '../../content/error.ts';
import type { PackedChart } from '../charts/chart.ts';
import { bundleError } from '../errors.ts';
import { renderedObjects } from '../images/rendered-objects.ts';
import { duplicateKeys } from './duplicate-keys.ts';
import { type Finding, uniqueFindings } from './finding.ts';
import { islandNeeds } from './island-needs.ts';
import { shapesOfCrds } from './list-shape.ts';
import { recordFindings } from './release-record.ts';
import { removedApis } from './removed-apis.ts';

/** A chart, rendered as it would be installed. */
export interface Rendering {
  readonly use: {
    /** `component web`, `pack cache, preset large`. */
    readonly where: string;
    /** Of the Helm release. */
    readonly name: string;
    readonly namespace: string;
    /** A key of `charts`. */
    readonly chart: string;
    readonly values?: Readonly<Record<string, unknown>> | undefined;
    readonly component?: string | undefined;
  };
  /** As `helm template --include-crds` writes it, hooks too. */
  readonly text: string;
  /** The versions of Kubernetes that give this text, e.g. `1.34.0`; all of the range when empty. */
  readonly versions: readonly string[];
}

export interface CheckContext {
  /** The release's range of Kubernetes versions. */
  readonly kubernetes: string;
  readonly charts: ReadonlyMap<string, Pick<PackedChart, 'metadata'>>;
  /** What the release says of the health of a component's objects. */
  readonly health: (component: string) => readonly HealthRule[];
}

/** All that would break on the island, or might, as far as charts tell. Nothing is asked of anybody. */
export function checkCharts(renderings: readonly Rendering[], context: CheckContext): Finding[] {
  const read = renderings.map((rendering) => ({ rendering, ...objectsOf(rendering) }));
  const crds = shapesOfCrds(read.flatMap(({ objects }) => objects));
  const findings = read.flatMap(({ rendering, objects, unreadable }) => {
    const { where, chart, component, values = {} } = rendering.use;
    if (unreadable.length > 0) return unreadable;
    const packed = context.charts.get(chart);
    const { versions } = rendering;
    const applied = objects.filter(({ kind }) => kind !== 'CustomResourceDefinition');
    const metadata = packed?.metadata ?? {};
    return [
      ...duplicateKeys(objects, where, crds),
      ...removedApis(objects, where, { range: context.kubernetes, versions }),
      ...islandNeeds(objects, where, {
        namespace: rendering.use.namespace,
        rules: component === undefined ? [] : context.health(component),
      }),
      ...recordFindings({ ...rendering.use, metadata, values, objects: applied }),
    ];
  });
  return uniqueFindings(findings);
}

/** Throws the first error among findings, with all of them in its detail. */
export function refuseErrors(findings: readonly Finding[]): void {
  const errors = findings.filter(({ severity }) => severity === 'error');
  const [first] = errors;
  if (first === undefined) return;
  const others = errors.slice(1, MOST).map(({ code, place, detail }) => `${code} ${place}: ${detail}`);
  const more = errors.length > MOST ? [`and ${errors.length - MOST} more`] : [];
  throw bundleError(first.code, {
    subject: first.place,
    detail: [first.detail, ...others, ...more].join('; '),
  });
}

const MOST = 20;

function objectsOf(rendering: Rendering): { objects: readonly KubeObject[]; unreadable: Finding[] } {
  try {
    return { objects: renderedObjects(rendering), unreadable: [] };
  } catch (error) {
    const detail = messageOf(error);
    return {
      objects: [],
      unreadable: [
        { code: 'MANIFEST_NOT_APPLICABLE', severity: 'error', place: rendering.use.where, detail },
      ],
    };
  }
}
