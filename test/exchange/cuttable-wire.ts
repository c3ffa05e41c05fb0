import { connect, createServer, type Server, type Socket } from 'node:net';

export type Direction = 'to-hub' | 'to-agent';

/**
 * A TCP proxy on loopback that can be cut, slowed, reset, or lose one or both directions without anybody noticing.
 */
export class CuttableWire {
  readonly #server: Server;
  readonly #joints = new Set<Joint>();
  readonly #target: () => number;
  #isCut = false;
  readonly #lost = new Set<Direction>();
  #bytesPerMs = Number.POSITIVE_INFINITY;
  /** Bytes that came through, of TLS and all, both ways. */
  bytes = 0;
  /** Connections that were ever made. */
  connections = 0;

  private constructor(target: () => number) {
    this.#target = target;
    this.#server = createServer((socket) => this.#join(socket));
  }

  static async open(target: () => number): Promise<CuttableWire> {
    const wire = new CuttableWire(target);
    await new Promise<void>((resolve) => wire.#server.listen(0, '127.0.0.1', resolve));
    return wire;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** Connections that the hub has over it, whether anything still comes through them or not. */
  get standing(): number {
    return [...this.#joints].filter(({ far }) => !far.destroyed).length;
  }

  /** Ends all connections, and new ones at once. */
  cut(): void {
    this.#isCut = true;
    for (const { near, far } of this.#joints) {
      near.destroy();
      far.destroy();
    }
  }

  /** Swallows everything; nobody notices. */
  silence(): void {
    this.halfOpen('to-hub');
    this.halfOpen('to-agent');
  }

  /** Swallows what goes in one direction. */
  halfOpen(lost: Direction): void {
    this.#lost.add(lost);
  }

  /** Thousands of bits a second, each way and for each connection. */
  slow({ kbit }: { readonly kbit: number }): void {
    this.#bytesPerMs = kbit / 8;
  }

  /** Ends all connections with a reset to both sides. */
  reset(): void {
    for (const { near, far } of this.#joints) {
      near.resetAndDestroy();
      far.resetAndDestroy();
    }
  }

  /** What has lost something stays lost; new connections get through. */
  mend(): void {
    this.#isCut = false;
    this.#lost.clear();
    this.#bytesPerMs = Number.POSITIVE_INFINITY;
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(near: Socket): void {
    if (this.#isCut) return void near.destroy();
    this.connections++;
    const far = connect(this.#target(), '127.0.0.1');
    const joint = { near, far };
    this.#joints.add(joint);
    this.#pass('to-hub', near, far, joint);
    this.#pass('to-agent', far, near, joint);
  }

  /** One direction. A connection that has lost something of it never comes back to life. */
  #pass(direction: Direction, from: Socket, to: Socket, joint: Joint): void {
    let isDead = false;
    let freeAt = 0;
    from.on('data', (bytes: Buffer) => {
      isDead ||= this.#lost.has(direction);
      if (isDead) return;
      this.bytes += bytes.byteLength;
      freeAt = Math.max(freeAt, performance.now()) + bytes.byteLength / this.#bytesPerMs;
      const waitMs = freeAt - performance.now();
      if (waitMs < 1) return void to.write(bytes);
      from.pause();
      setTimeout(() => {
        if (!to.destroyed) to.write(bytes);
        from.resume();
      }, waitMs);
    });
    from.on('error', () => from.destroy());
    from.once('close', () => {
      if (!isDead && !this.#lost.has(direction)) to.destroy();
      if (joint.near.destroyed && joint.far.destroyed) this.#joints.delete(joint);
    });
  }
}

interface Joint {
  readonly near: Socket;
  readonly far: Socket;
}
