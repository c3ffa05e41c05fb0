import { z } from 'zod';
import { type AwsAnswer, type AwsCall, errorAnswer, jsonAnswer } from './aws-call.ts';

const Entry = z.looseObject({
  principalArn: z.string(),
  kubernetesGroups: z.array(z.string()).optional(),
  username: z.string().optional(),
  type: z.string().optional(),
  tags: z.record(z.string(), z.string()).optional(),
});
type Entry = z.infer<typeof Entry>;
const Changes = z.object({ kubernetesGroups: z.array(z.string()), username: z.string() }).partial();
const Policy = z.looseObject({ policyArn: z.string() });

const ADMINISTRATOR = 'arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy';

/** Who may use the API servers of clusters: EKS's access entries, which moto does not know. */
export class AccessEntries {
  readonly #entries = new Map<string, Map<string, Entry>>();
  readonly #policies = new Map<string, Map<string, z.infer<typeof Policy>>>();

  /** Undefined for a call that is about something else. */
  answer(call: AwsCall): AwsAnswer | undefined {
    const [cluster = '', principal = '', policy = ''] = call.names;
    const entries = this.#of(this.#entries, cluster);
    const policies = this.#of(this.#policies, `${cluster} ${principal}`);
    const entry = entries.get(principal);
    switch (call.action) {
      case 'CreateAccessEntry':
        return this.#create(call, entries);
      case 'ListAccessEntries':
        return jsonAnswer(200, { accessEntries: [...entries.keys()] });
      case 'DescribeAccessEntry':
        return entry === undefined ? missing(call) : jsonAnswer(200, { accessEntry: entry });
      case 'UpdateAccessEntry': {
        if (entry === undefined) return missing(call);
        const changed = { ...entry, ...Changes.parse(JSON.parse(call.body)) };
        entries.set(principal, changed);
        return jsonAnswer(200, { accessEntry: changed });
      }
      case 'DeleteAccessEntry':
        entries.delete(principal);
        this.#policies.delete(`${cluster} ${principal}`);
        return jsonAnswer(200, {});
      case 'ListAssociatedAccessPolicies':
        return jsonAnswer(200, { associatedAccessPolicies: [...policies.values()] });
      case 'AssociateAccessPolicy': {
        const given = Policy.parse(JSON.parse(call.body));
        policies.set(given.policyArn, given);
        return jsonAnswer(200, { associatedAccessPolicy: given });
      }
      case 'DisassociateAccessPolicy':
        policies.delete(policy);
        return jsonAnswer(200, {});
      default:
        return undefined;
    }
  }

  /** The groups of Kubernetes that a principal is in; undefined without an entry. */
  groupsOf(cluster: string, principal: string): string[] | undefined {
    const entry = this.#entries.get(cluster)?.get(principal);
    if (entry === undefined) return undefined;
    const isAdministrator = this.#policies.get(`${cluster} ${principal}`)?.has(ADMINISTRATOR) === true;
    return [...(entry.kubernetesGroups ?? []), ...(isAdministrator ? ['system:masters'] : [])];
  }

  #create(call: AwsCall, entries: Map<string, Entry>): AwsAnswer {
    const entry = Entry.parse(JSON.parse(call.body));
    if (entries.has(entry.principalArn)) {
      return errorAnswer(call, 409, 'ResourceInUseException', 'The specified access entry is in use.');
    }
    const made = { type: 'STANDARD', ...entry };
    entries.set(entry.principalArn, made);
    return jsonAnswer(200, { accessEntry: made });
  }

  #of<T>(map: Map<string, Map<string, T>>, key: string): Map<string, T> {
    const found = map.get(key) ?? new Map<string, T>();
    map.set(key, found);
    return found;
  }
}

function missing(call: AwsCall): AwsAnswer {
  return errorAnswer(
    call,
    404,
    'ResourceNotFoundException',
    'The specified access entry could not be found.',
  );
}
