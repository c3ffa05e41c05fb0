import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect as connectTls } from 'node:tls';
import { type Client, createClient } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { makeCertificate } from '../plugin/certificate.ts';
import { GRPCController } from '../protocol/go-plugin_pb.ts';
import { type Diagnostic, type DynamicValue, Provider } from '../protocol/plugin_pb.ts';
import { type Attribute, objectTypeOf } from '../schema/attribute.ts';
import type { ObjectValue, Value } from '../value/value.ts';
import { decodeValue, encodeValue } from '../value/wire.ts';

/** For tests: a provider in a process of its own, asked as a core asks it. */
export interface TestCore {
  readonly process: ChildProcess;
  readonly provider: Client<typeof Provider>;
  /** Says Shutdown and gives the exit code. */
  readonly shutDown: () => Promise<number | null>;
}

const COOKIE = 'd602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2';

/** Starts `command` with the cookie and a certificate, and connects by what it says in its one line. */
export async function startCore(
  [program = '', ...args]: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<TestCore> {
  const { key, certificate } = makeCertificate(new Date());
  const child = spawn(program, args, {
    env: {
      ...process.env,
      ...env,
      TF_PLUGIN_MAGIC_COOKIE: COOKIE,
      PLUGIN_CLIENT_CERT: certificate,
      PLUGIN_PROTOCOL_VERSIONS: '5,6',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [first] = await once(child.stdout, 'data');
  const [, version, network, socket = '', kind, line = ''] = String(first).trim().split('|');
  if (version !== '6' || network !== 'unix' || kind !== 'grpc') throw new Error(`handshake ${first}`);
  const padded = `${line}${'='.repeat((4 - (line.length % 4)) % 4)}`;
  const ca = `-----BEGIN CERTIFICATE-----\n${padded}\n-----END CERTIFICATE-----\n`;
  const transport = createGrpcTransport({
    baseUrl: 'https://localhost',
    nodeOptions: {
      createConnection: () =>
        connectTls({
          path: socket,
          ca,
          key,
          cert: certificate,
          servername: 'localhost',
          ALPNProtocols: ['h2'],
        }),
    },
  });
  return {
    process: child,
    provider: createClient(Provider, transport),
    shutDown: async () => {
      const ended = once(child, 'exit');
      await createClient(GRPCController, transport).shutdown({});
      const [code] = await ended;
      return typeof code === 'number' ? code : null;
    },
  };
}

/** What a core plans and applies for one resource, as it would for a configuration that is `configured`. */
export class CoreResource {
  readonly #core: TestCore;
  readonly #typeName: string;
  readonly #attributes: readonly Attribute[];

  constructor(core: TestCore, typeName: string, attributes: readonly Attribute[]) {
    this.#core = core;
    this.#typeName = typeName;
    this.#attributes = attributes;
  }

  async plan(before: ObjectValue | null, configured: ObjectValue) {
    const answer = await this.#core.provider.planResourceChange({
      typeName: this.#typeName,
      priorState: this.#wire(before),
      proposedNewState: this.#wire(this.#proposed(before, configured)),
      config: this.#wire(configured),
    });
    const replace = answer.requiresReplace.flatMap(({ steps }) =>
      steps.map(({ selector }) => String(selector.value)),
    );
    return { planned: this.#read(answer.plannedState), replace, said: texts(answer.diagnostics) };
  }

  async apply(before: ObjectValue | null, planned: Value, configured: ObjectValue | null) {
    const answer = await this.#core.provider.applyResourceChange({
      typeName: this.#typeName,
      priorState: this.#wire(before),
      plannedState: this.#wire(planned),
      config: this.#wire(configured),
    });
    return { state: this.#read(answer.newState), said: texts(answer.diagnostics) };
  }

  async read(state: ObjectValue) {
    const answer = await this.#core.provider.readResource({
      typeName: this.#typeName,
      currentState: this.#wire(state),
    });
    return { state: this.#read(answer.newState), said: texts(answer.diagnostics) };
  }

  async importState(id: string) {
    const answer = await this.#core.provider.importResourceState({ typeName: this.#typeName, id });
    return {
      state: this.#read(answer.importedResources[0]?.state),
      said: texts(answer.diagnostics),
    };
  }

  /** What a core proposes: what was configured, and what the provider alone says as it was. */
  #proposed(before: ObjectValue | null, configured: ObjectValue): ObjectValue {
    return Object.fromEntries(
      this.#attributes.map(({ name, presence }) => {
        const value = configured[name] ?? null;
        const isKept = presence === 'computed' || (presence === 'optional-computed' && value === null);
        return [name, isKept ? (before?.[name] ?? null) : value];
      }),
    );
  }

  #wire(value: Value) {
    return { msgpack: encodeValue(value, objectTypeOf(this.#attributes)) };
  }

  #read(value: DynamicValue | undefined): Value {
    return value === undefined ? null : decodeValue(value.msgpack, objectTypeOf(this.#attributes));
  }
}

/** Diagnostics as people see them: place, what is wrong, and more. */
function texts(diagnostics: readonly Diagnostic[]): string[] {
  return diagnostics.map(({ summary, detail, attribute }) => {
    const steps = (attribute?.steps ?? []).map(({ selector }) => String(selector.value));
    return `${steps.join('.')}: ${summary}: ${detail.split('\n')[0]}`;
  });
}
