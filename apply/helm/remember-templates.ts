import type { Helm } from './helm.ts';

/**
 * The same program, which renders a chart without a cluster once for each input: what is looked at again under a lock need
 * not be rendered again. A chart that is rendered with answers of a cluster always is.
 */
export function rememberTemplates(helm: Helm): Helm {
  const known = new Map<string, string>();
  return {
    ...helm,
    template: async (chart) => {
      if (chart.kubeconfig !== undefined) return await helm.template(chart);
      const { signal: _, onWarning: __, ...input } = chart;
      const key = JSON.stringify(input);
      const found = known.get(key) ?? (await helm.template(chart));
      known.set(key, found);
      return found;
    },
  };
}
