import { stringify } from 'yaml';
import { z } from 'zod';
import { Cluster } from '../../api/cluster.ts';
import { Enrollment } from '../../api/enrollment.ts';
import { Time } from '../../api/names.ts';
import { agentObjects } from '../../desired/agent-objects.ts';
import { nothing, Reply, type Route, route } from '../http/route.ts';
import { ObjectName, ProjectName } from '../resources/wire-object.ts';
import { type AgentSettingOptions, agentSetting } from './agent-setting.ts';
import { type MakeEnrollmentOptions, makeEnrollment } from './make-enrollment.ts';

const Params = z.strictObject({ project: ProjectName, name: ObjectName.max(63) });

const Wanted = z.strictObject({
  ttlSeconds: z
    .int()
    .min(60)
    .max(604_800)
    .default(3_600)
    .meta({ description: 'How long the token is good; an hour when absent.' }),
  autoAccept: z
    .boolean()
    .optional()
    .meta({ description: 'Who has the token needs nobody to accept the key.' }),
});

const Made = z.object({
  name: z.string(),
  token: z.string().meta({ description: 'Shown this once; the hub keeps only its hash.' }),
  expiresAt: Time,
  manifest: z.string().meta({ description: 'What makes the agent in its cluster (YAML), the token in it.' }),
  command: z.string().meta({ description: 'Applies the manifest to the cluster of the current context.' }),
});

/** How agents are invited. */
export function enrollmentRoutes(options: MakeEnrollmentOptions & AgentSettingOptions): Route[] {
  return [
    route({
      method: 'POST',
      path: '/api/v1/projects/{project}/clusters/{name}/enrollments',
      operationId: 'enrollCluster',
      summary: 'Makes a token with which one agent may join as that of a cluster, and what to apply there',
      tag: 'clusters',
      params: Params,
      query: nothing,
      body: Wanted,
      status: 201,
      answers: 'EnrollmentMade',
      response: Made,
      problems: ['CLUSTER_NOT_FOUND'],
      action: ({ project, name }) => [
        { verb: 'create', group: Enrollment.group, resource: Enrollment.plural, namespace: project },
        { verb: 'get', group: Cluster.group, resource: Cluster.plural, namespace: project, name },
      ],
      // To let a key in unseen is to write it into the cluster.
      bodyAction: ({ project, name }, { autoAccept }) =>
        autoAccept === true
          ? [{ verb: 'update', group: Cluster.group, resource: Cluster.plural, namespace: project, name }]
          : [],
      answer: async ({ params: { project, name }, body, signal }) => {
        const made = await makeEnrollment(options, { project, name, ...body }, signal);
        const setting = await agentSetting(options, { project, name }, made.token, signal);
        const manifest = agentObjects(setting)
          .map((object) => stringify(object))
          .join('---\n');
        return new Reply({ ...made, manifest, command: commandFor(manifest) }, { status: 201 });
      },
    }),
  ];
}

// No file is left behind, and the token is in no argument of a program.
function commandFor(manifest: string): string {
  return `kubectl apply -f - <<'SKERRY'\n${manifest}SKERRY`;
}
