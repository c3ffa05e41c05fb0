/** Where the agent and those who carry its files meet: Secrets of its namespace. */
export const AGENT_INBOX = 'skerry-agent-inbox';
export const AGENT_OUTBOX = 'skerry-agent-outbox';
/** Key of their data. */
export const FILE_KEY = 'file';

export function secretReference(namespace: string, name: string) {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { namespace, name } };
}
