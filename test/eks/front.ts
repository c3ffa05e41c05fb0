import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { AccessEntries } from './access-entries.ts';
import { type AwsAnswer, type AwsCall, jsonAnswer, readCall } from './aws-call.ts';
import { EksClusters, type RealServer } from './eks-clusters.ts';
import { EksNodeGroups } from './eks-node-groups.ts';
import { Fault, Faults, Keys } from './faults.ts';
import { Gates, WORKS } from './gates.ts';
import type { Moto } from './moto.ts';
import type { TokenSite } from './token-review.ts';
import type { Workload } from './workload.ts';
import { element } from './xml.ts';

/** What a test asks of the front itself, below `/front/`. */
export const Control = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('admit'), keys: Keys }),
  z.strictObject({ do: z.literal('fail'), faults: z.array(Fault) }),
  z.strictObject({ do: z.literal('hold'), work: z.enum(WORKS) }),
  z.strictObject({ do: z.literal('release'), work: z.enum(WORKS) }),
  z.strictObject({ do: z.literal('calls') }),
]);
export type Control = z.infer<typeof Control>;

/** A call that was answered. */
export const Answered = z.object({
  at: z.number(),
  service: z.string(),
  action: z.string(),
  key: z.string(),
  status: z.int(),
});
export type Answered = z.infer<typeof Answered>;

export interface FrontInput {
  readonly moto: Moto;
  readonly real: RealServer;
  readonly workload: Workload;
  readonly now: () => Date;
  readonly log: (line: string) => void;
}

/** Stands before moto and is AWS as far as clusters are concerned. */
export class Front {
  readonly #input: FrontInput;
  readonly #faults = new Faults();
  readonly #gates = new Gates();
  readonly #entries = new AccessEntries();
  readonly #clusters: EksClusters;
  readonly #groups: EksNodeGroups;
  readonly #names = new Set<string>();
  readonly #answered: Answered[] = [];

  constructor(input: FrontInput) {
    this.#input = input;
    this.#clusters = new EksClusters(input.moto, this.#gates, input.real);
    const versionOf = (cluster: string) => this.#clusters.versionOf(cluster);
    this.#groups = new EksNodeGroups(input.moto, this.#gates, input.workload, versionOf);
  }

  server(): Server {
    return createServer((request, response) => {
      this.#serve(request, response).catch((error: unknown) => {
        this.#input.log(`${request.method} ${request.url}: ${String(error)}`);
        response.writeHead(500).end();
      });
    });
  }

  /** How the clusters' API servers judge tokens. */
  tokenSite(): TokenSite {
    return {
      now: this.#input.now,
      secretOf: (key) => this.#faults.secretOf(key),
      clusters: () => [...this.#names].filter((name) => this.#clusters.has(name)),
      arnOf: async (url) =>
        await this.#arnOf((url.searchParams.get('X-Amz-Credential') ?? '').split('/')[0] ?? ''),
      groupsOf: (cluster, arn) => {
        const principal = roleOf(arn);
        const isCreator = this.#clusters.creatorOf(cluster) === principal;
        return this.#entries.groupsOf(cluster, principal) ?? (isCreator ? ['system:masters'] : undefined);
      },
    };
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    const target = request.url ?? '/';
    const answer = target.startsWith('/front/')
      ? this.#control(Control.parse(JSON.parse(body)))
      : await this.#aws(readCall(request.method ?? 'GET', target, request.headers, body));
    response.writeHead(answer.status, answer.headers).end(answer.body);
  }

  #control(asked: Control): AwsAnswer {
    if (asked.do === 'calls') return jsonAnswer(200, this.#answered);
    if (asked.do === 'admit') this.#faults.admit(asked.keys);
    if (asked.do === 'fail') this.#faults.set(asked.faults);
    if (asked.do === 'hold') this.#gates.hold(asked.work);
    if (asked.do === 'release') this.#gates.release(asked.work);
    return jsonAnswer(200, {});
  }

  async #aws(call: AwsCall): Promise<AwsAnswer> {
    const answer =
      this.#faults.answer(call) ??
      this.#entries.answer(call) ??
      (await this.#groups.answer(call)) ??
      (await this.#cluster(call)) ??
      (await this.#input.moto.forward(call));
    if (call.action === 'AssumeRole' && answer.status === 200) this.#admitRole(answer.body);
    const { service, action, accessKeyId: key } = call;
    this.#answered.push({ at: this.#input.now().getTime(), service, action, key, status: answer.status });
    const detail = answer.status < 300 ? '' : ` ${answer.body.replace(/\s+/g, ' ').slice(0, 300)}`;
    this.#input.log(`${service} ${action} ${answer.status}${detail}`);
    return answer;
  }

  async #cluster(call: AwsCall): Promise<AwsAnswer | undefined> {
    if (call.action !== 'CreateCluster') return await this.#clusters.answer(call);
    const creator = roleOf(await this.#arnOf(call.accessKeyId));
    const answer = await this.#clusters.create(call, creator);
    if (answer.status === 200)
      this.#names.add(z.looseObject({ name: z.string() }).parse(JSON.parse(call.body)).name);
    return answer;
  }

  /** Keys of a role that was assumed hold from then on. */
  #admitRole(answer: string): void {
    const accessKeyId = element(answer, 'AccessKeyId');
    this.#faults.admit([{ accessKeyId, secretAccessKey: element(answer, 'SecretAccessKey') }]);
  }

  async #arnOf(accessKeyId: string): Promise<string> {
    return element(await this.#input.moto.callerIdentity(accessKeyId), 'Arn');
  }
}

/** EKS knows sessions of a role by the role itself. */
function roleOf(arn: string): string {
  return arn.replace(/^arn:(.*?):sts::(\d+):assumed-role\/([^/]+)\/.*$/, 'arn:$1:iam::$2:role/$3');
}
