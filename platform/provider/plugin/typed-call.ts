import {
  create,
  type DescMessage,
  type DescMethod,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf';
import type { Call } from './grpc.ts';

/** A call by its path, of the messages that its method has. */
export function typedCall<I extends DescMessage, O extends DescMessage>(
  method: DescMethod & { readonly input: I; readonly output: O },
  answer: (request: MessageShape<I>) => MessageInitShape<O> | Promise<MessageInitShape<O>>,
): [path: string, call: Call] {
  const { input, output, name, parent } = method;
  return [
    `/${parent.typeName}/${name}`,
    async (request) => toBinary(output, create(output, await answer(fromBinary(input, request)))),
  ];
}
