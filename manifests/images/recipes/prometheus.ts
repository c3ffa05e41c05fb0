import type { Recipe } from '../recipe.ts';
import { baseLayer, libcLayer } from './base.ts';

export const prometheusRecipe: Recipe = {
  name: 'prometheus',
  tag: 'debian',
  title: 'Prometheus',
  description: 'Monitoring: collects metrics, keeps them and evaluates rules.',
  licenses: 'Apache-2.0',
  version: { package: 'prometheus' },
  layers: [
    baseLayer,
    libcLayer,
    {
      name: 'Prometheus',
      packages: {
        prometheus: ['usr/bin/prometheus', 'usr/bin/promtool', 'usr/share/doc/prometheus/NOTICE'],
      },
      files: {
        'etc/prometheus/prometheus.yml': {
          text: 'global:\n  scrape_interval: 30s\nscrape_configs:\n  - job_name: prometheus\n    static_configs:\n      - targets: [localhost:9090]\n',
        },
      },
      directories: { 'var/lib/prometheus': { owner: 'nonroot', mode: 0o750 } },
    },
  ],
  user: 'nonroot',
  entrypoint: ['/usr/bin/prometheus'],
  command: ['--config.file=/etc/prometheus/prometheus.yml', '--storage.tsdb.path=/var/lib/prometheus'],
  workingFolder: '/var/lib/prometheus',
  ports: ['9090/tcp'],
  volumes: ['/var/lib/prometheus'],
  probe: {
    command: ['/usr/bin/promtool', 'check', 'config', '/etc/prometheus/prometheus.yml'],
    ends: 'by-itself',
  },
};
