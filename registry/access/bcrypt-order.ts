/** What the thread is asked. */
export interface BcryptOrder {
  readonly id: number;
  readonly password: string;
  readonly hash: string;
}

/** What it answers. */
export interface BcryptReply {
  readonly id: number;
  readonly right: boolean;
}
