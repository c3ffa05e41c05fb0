import { createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { createSecureContext, TLSSocket } from 'node:tls';

export interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  readonly data: string;
  readonly isSecure: boolean;
  /** What AUTH PLAIN gave, as `user password`. */
  readonly login: string | undefined;
}

export interface SmtpOptions {
  readonly tls?: { readonly cert: string; readonly key: string } | undefined;
  /** From the first byte on, in place of STARTTLS. */
  readonly implicit?: boolean | undefined;
}

/** An SMTP server for tests, as far as RFC 5321 goes for one message after another, with STARTTLS (RFC 3207). */
export class SmtpServer {
  readonly mails: ReceivedMail[] = [];
  /** What the next messages are answered. */
  answer = '250 kept';
  readonly #server = createServer((socket) => this.#accept(socket));
  readonly #sockets = new Set<Socket>();
  readonly #options: SmtpOptions;

  private constructor(options: SmtpOptions) {
    this.#options = options;
  }

  static async start(options: SmtpOptions = {}): Promise<SmtpServer> {
    const server = new SmtpServer(options);
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get address(): string {
    const bound = this.#server.address();
    return `127.0.0.1:${typeof bound === 'object' && bound !== null ? bound.port : 0}`;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    this.#greet(this.#options.implicit ? this.#secured(socket) : socket);
  }

  #greet(socket: Socket): void {
    socket.write('220 test ESMTP\r\n');
    this.#talk(socket);
  }

  #secured(socket: Socket): TLSSocket {
    const secure = new TLSSocket(socket, {
      isServer: true,
      secureContext: createSecureContext(this.#options.tls),
    });
    secure.on('error', () => secure.destroy());
    return secure;
  }

  #talk(socket: Socket): void {
    const isSecure = socket instanceof TLSSocket;
    let [from, data, login]: [string, string[] | undefined, string | undefined] = ['', undefined, undefined];
    let to: string[] = [];
    const lines = createInterface({ input: socket });
    const say = (text: string) => void socket.write(`${text}\r\n`);
    lines.on('error', () => undefined);
    lines.on('line', (line) => {
      if (data !== undefined) {
        if (line !== '.') return void data.push(line);
        if (this.answer.startsWith('2'))
          this.mails.push({ from, to, data: data.join('\n'), isSecure, login });
        [data, to] = [undefined, []];
        return say(this.answer);
      }
      const [verb = '', rest = ''] = line.split(/ (.*)/s);
      switch (verb.toUpperCase()) {
        case 'EHLO': {
          const startTls = this.#options.tls && !isSecure ? '250-STARTTLS\r\n' : '';
          return say(`250-test\r\n${startTls}250 AUTH PLAIN`);
        }
        case 'STARTTLS': {
          lines.close();
          say('220 go on');
          return this.#talk(this.#secured(socket));
        }
        case 'AUTH': {
          const [, user = '', password = ''] = Buffer.from(rest.split(' ')[1] ?? '', 'base64')
            .toString()
            .split('\0');
          login = `${user} ${password}`;
          return say('235 welcome');
        }
        case 'MAIL':
          from = rest;
          return say('250 ok');
        case 'RCPT':
          to.push(rest);
          return say('250 ok');
        case 'DATA':
          data = [];
          return say('354 go on');
        case 'QUIT':
          say('221 bye');
          return void socket.end();
        default:
          return say('502 unknown');
      }
    });
  }
}
