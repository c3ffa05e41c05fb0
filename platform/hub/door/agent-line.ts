/** What an agent's messages come over: of a WebSocket only what is needed, so that a simulated network can stand in for it. */
export interface AgentLine {
  readonly readyState: number;
  readonly OPEN: number;
  /** Bytes that the agent has not taken yet. */
  readonly bufferedAmount: number;
  on(event: 'message', listener: (data: unknown, isBinary: boolean) => void): unknown;
  on(event: 'ping' | 'error', listener: () => void): unknown;
  once(event: 'close', listener: (code: number) => void): unknown;
  send(text: string): void;
  close(code: number): void;
  terminate(): void;
}
