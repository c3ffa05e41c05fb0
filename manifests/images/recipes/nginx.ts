import type { Recipe } from '../recipe.ts';
import { baseLayer, libcLayer } from './base.ts';

// Without root: a high port, and everything that is written lies under /tmp.
const CONFIG = `worker_processes auto;
pid /tmp/nginx.pid;
error_log stderr notice;
events { worker_connections 1024; }
http {
  include /etc/nginx/mime.types;
  default_type application/octet-stream;
  access_log /dev/stdout;
  sendfile on;
  server_tokens off;
  client_body_temp_path /tmp/client_body;
  proxy_temp_path /tmp/proxy;
  fastcgi_temp_path /tmp/fastcgi;
  uwsgi_temp_path /tmp/uwsgi;
  scgi_temp_path /tmp/scgi;
  include /etc/nginx/conf.d/*.conf;
}
`;

const SERVER = `server {
  listen 8080 default_server;
  root /usr/share/nginx/html;
}
`;

export const nginxRecipe: Recipe = {
  name: 'nginx',
  tag: 'debian',
  title: 'nginx',
  description: 'Web server and reverse proxy, listening on port 8080 without root.',
  licenses: 'BSD-2-Clause',
  version: { package: 'nginx' },
  layers: [
    baseLayer,
    libcLayer,
    {
      name: 'nginx',
      packages: {
        nginx: ['usr/sbin/nginx'],
        'nginx-common': ['etc/nginx/mime.types', 'etc/nginx/fastcgi_params', 'usr/share/nginx/html/*'],
      },
      files: { 'etc/nginx/nginx.conf': { text: CONFIG }, 'etc/nginx/conf.d/default.conf': { text: SERVER } },
      directories: { 'var/log/nginx': { owner: 'nonroot' }, 'var/lib/nginx': { owner: 'nonroot' } },
    },
  ],
  user: 'nonroot',
  entrypoint: ['/usr/sbin/nginx'],
  command: ['-g', 'daemon off;'],
  ports: ['8080/tcp'],
  stopSignal: 'SIGQUIT',
  probe: { command: ['/usr/sbin/nginx', '-t'], ends: 'by-itself' },
};
