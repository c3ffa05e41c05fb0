import { Agent } from 'node:http';
import { type Answer, type SendOptions, send } from '../client.ts';

/** A client of the registry on a port of this machine. */
export class RegistryClient {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 16 });
  port: number;

  constructor(port: number) {
    this.port = port;
  }

  async send(method: string, path: string, options?: SendOptions): Promise<Answer> {
    return await send(this.#agent, this.port, method, path, options);
  }

  /** Lets go of connections, also of those to a registry that is gone. */
  close(): void {
    this.#agent.destroy();
  }
}
