import type { Call, Calls } from './plugin/grpc.ts';
import type { ProviderOptions } from './provider.ts';
import { schemaAnswer } from './schema/schema-answer.ts';

const PROVIDER = '/tfplugin6.Provider/';
/** An answer without fields, and so without bytes: there is nothing to say. */
const nothing: Call = () => new Uint8Array();
/** The hub judges configurations, in the plan. */
const SILENT = [
  'ValidateProviderConfig',
  'ValidateResourceConfig',
  'ValidateDataResourceConfig',
  'ValidateEphemeralResourceConfig',
  'CloseEphemeralResource',
  'GetFunctions',
  'GetResourceIdentitySchemas',
];

/**
 * What a provider is asked. A core starts it several times for one command of its user, mostly for the schema: the rest is
 * loaded when it is asked for.
 */
export function frontCalls(options: ProviderOptions): Calls {
  const front = new Map<string, Call>([
    ...SILENT.map((name): [string, Call] => [`${PROVIDER}${name}`, nothing]),
    [`${PROVIDER}GetProviderSchema`, schemaAnswer],
    [
      `${PROVIDER}StopProvider`,
      () => {
        options.stopped.abort();
        return new Uint8Array();
      },
    ],
  ]);
  let all: Promise<ReadonlyMap<string, Call>> | undefined;
  return async (path) => {
    const call = front.get(path);
    if (call !== undefined) return call;
    all ??= import('./provider.ts').then(({ providerCalls }) => providerCalls(options));
    return (await all).get(path);
  };
}
