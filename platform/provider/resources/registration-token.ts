import { z } from 'zod';
import { requestPath } from '../../client/connection/request-path.ts';
import { narrow } from '../../client/narrow.ts';
import { platformError } from '../../errors.ts';
import type { Attribute } from '../schema/attribute.ts';
import { toFields } from '../value/json.ts';
import { type ObjectValue, UNKNOWN } from '../value/value.ts';
import { differences, ID, PROJECT, plannedProject, statePath, textOf } from './object-state.ts';
import type { EphemeralResource, Plan, Resource, Work } from './resource.ts';

const TYPE_NAME = 'skerry_registration_token';
const TEXT = { kind: 'plain', type: 'string' } as const;
const GIVEN: readonly Attribute[] = [
  PROJECT,
  {
    name: 'cluster',
    field: 'cluster',
    description: 'The cluster that an agent may join as.',
    type: TEXT,
    presence: 'required',
  },
  {
    name: 'ttl_seconds',
    field: 'ttlSeconds',
    description: 'How long the token is good; an hour when absent.',
    type: { kind: 'plain', type: 'number' },
    presence: 'optional',
  },
  {
    name: 'auto_accept',
    field: 'autoAccept',
    description: 'Who has the token needs nobody to accept the key.',
    type: { kind: 'plain', type: 'bool' },
    presence: 'optional',
  },
];
const MADE: readonly Attribute[] = [
  {
    name: 'token',
    field: 'token',
    description: 'Shown by the hub this once.',
    type: TEXT,
    presence: 'computed',
    isSensitive: true,
  },
  {
    name: 'manifest',
    field: 'manifest',
    description: 'What makes the agent in its cluster (YAML), the token in it.',
    type: TEXT,
    presence: 'computed',
    isSensitive: true,
  },
  {
    name: 'expires_at',
    field: 'expiresAt',
    description: 'When the token ends.',
    type: TEXT,
    presence: 'computed',
  },
];

const Answer = z.looseObject({
  name: z.string(),
  token: z.string(),
  expiresAt: z.string(),
  manifest: z.string(),
});

/** A token with which one agent may join. */
class RegistrationTokenResource implements Resource {
  readonly typeName = TYPE_NAME;
  readonly description =
    'A token with which one agent may join as that of a cluster, kept in the state. Once used or ended it stays as it is.';
  readonly version = 0;
  readonly attributes: readonly Attribute[] = [ID, ...GIVEN, ...MADE];

  async plan(
    work: Work | undefined,
    { before, proposed }: { before: ObjectValue | undefined; proposed: ObjectValue },
  ): Promise<Plan> {
    const planned = { ...proposed, project: plannedProject(work, proposed) };
    if (before !== undefined) return { planned, replace: differences(before, planned, GIVEN) };
    const unknown = Object.fromEntries([ID, ...MADE].map(({ name }) => [name, UNKNOWN]));
    return { planned: { ...planned, ...unknown }, replace: [] };
  }

  async create(work: Work, planned: ObjectValue): Promise<ObjectValue> {
    return await makeToken(work, planned);
  }

  async update(_work: Work, { planned }: { planned: ObjectValue }): Promise<ObjectValue> {
    return planned;
  }

  // One that was used or has ended is gone at the hub, and yet nothing that another is needed for.
  async read(_work: Work, state: ObjectValue): Promise<ObjectValue> {
    return state;
  }

  async delete({ hub }: Work, state: ObjectValue): Promise<void> {
    await hub.delete(statePath('enrollments', state));
  }

  importState(_work: Work, id: string): ObjectValue {
    throw platformError('IMPORT_ID_INVALID', {
      subject: id,
      detail: 'a token is shown once, and can be imported by nobody',
    });
  }
}

export const registrationTokenResource = new RegistrationTokenResource();

/**
 * As the resource, for cores that know of ephemeral ones (OpenTofu 1.11, Terraform 1.10): the token is in no state. Each
 * plan and each apply makes one; those that nobody uses end by themselves.
 */
export const ephemeralRegistrationToken: EphemeralResource = {
  typeName: TYPE_NAME,
  description:
    'A token with which one agent may join, in no state and no plan. Each plan and each apply makes another; what nobody uses ends by itself.',
  attributes: [ID, ...GIVEN, ...MADE],
  open: makeToken,
};

async function makeToken({ hub }: Work, given: ObjectValue): Promise<ObjectValue> {
  const project = hub.project(textOf(given.project));
  const cluster = textOf(given.cluster) ?? '';
  const path = requestPath('/api/v1/projects/{project}/clusters/{cluster}/enrollments', { project, cluster });
  const { cluster: _, project: __, ...body } = toFields(given, GIVEN);
  // Not sent again when nobody knows what became of it: there would be two tokens.
  const answer = await hub.connection.send({ method: 'POST', path, body, repeatable: false });
  const { name, token, manifest, expiresAt } = narrow(Answer, answer.body, TYPE_NAME);
  return { ...given, project, id: `${project}/${name}`, token, manifest, expires_at: expiresAt };
}
