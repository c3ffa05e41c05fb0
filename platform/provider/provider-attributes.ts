import type { Attribute } from './schema/attribute.ts';

const TEXT = { kind: 'plain', type: 'string' } as const;
/** What `provider "skerry"` takes. */
export const PROVIDER_ATTRIBUTES: readonly Attribute[] = [
  {
    name: 'url',
    field: 'url',
    description:
      'Address of the hub, https://HOST[:PORT]; else SKERRY_HUB, else the login of the command line.',
    type: TEXT,
    presence: 'optional',
  },
  {
    name: 'ca',
    field: 'ca',
    description: 'Certificates (PEM) trusted for it; else SKERRY_CA.',
    type: TEXT,
    presence: 'optional',
  },
  {
    name: 'token',
    field: 'token',
    description: 'A bearer token; else SKERRY_TOKEN, else the login of the command line.',
    type: TEXT,
    presence: 'optional',
    isSensitive: true,
  },
  {
    name: 'project',
    field: 'project',
    description: 'The project that is meant where a resource names none; else SKERRY_PROJECT.',
    type: TEXT,
    presence: 'optional',
  },
];
