import { type Agent, type IncomingHttpHeaders, request } from 'node:http';

export interface SendOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Pieces are sent as chunks of unknown total length. */
  readonly body?: Uint8Array | string | readonly Uint8Array[];
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** The codes of the specification's error body. */
  readonly codes: readonly string[];
}

/** Sends a request to a port of this machine. Rejects when the connection breaks before the answer is whole. */
export function send(
  agent: Agent,
  port: number,
  method: string,
  path: string,
  options: SendOptions = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { body, headers } = options;
    // Said in full: for some methods Node's client would send pieces without any framing.
    const framing: Record<string, string> =
      body === undefined
        ? {}
        : Array.isArray(body)
          ? { 'transfer-encoding': 'chunked' }
          : { 'content-length': String(toBytes(body).byteLength) };
    const sending = request({
      agent,
      port,
      host: '127.0.0.1',
      method,
      path,
      headers: { ...framing, ...headers },
    });
    sending.on('error', reject).on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', reject);
      response.on('end', () => {
        const whole = Buffer.concat(chunks);
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: whole,
          codes: codesOf(whole),
        });
      });
    });
    if (Array.isArray(body)) for (const piece of body) sending.write(piece);
    else if (body !== undefined) sending.write(toBytes(body));
    sending.end();
  });
}

function toBytes(body: Exclude<SendOptions['body'], undefined>): Uint8Array {
  if (typeof body === 'string') return Buffer.from(body);
  return body instanceof Uint8Array ? body : Buffer.concat(body);
}

function codesOf(body: Buffer): string[] {
  try {
    const json: unknown = JSON.parse(body.toString('utf8'));
    if (typeof json !== 'object' || json === null || !('errors' in json) || !Array.isArray(json.errors))
      return [];
    return json.errors.map((entry: unknown) =>
      typeof entry === 'object' && entry !== null && 'code' in entry ? String(entry.code) : '?',
    );
  } catch {
    return [];
  }
}
