/** What the agent makes and finds in its cluster has fixed names. */
export const AGENT_NAMESPACE = 'skerry-system';
export const AGENT_NAME = 'skerry-agent';
/** What the agent remembers. */
export const AGENT_STATE = 'skerry-agent-state';
/** Where the hub is: a ConfigMap with one JSON text. */
export const AGENT_HUB = 'skerry-agent-hub';
export const AGENT_HUB_KEY = 'hub.json';
/** The token that an agent enrolls with. */
export const AGENT_TOKEN = 'skerry-agent-token';
export const AGENT_TOKEN_KEY = 'token';

/** The address that nodes and agent reach the platform's registry by, the same in every cluster. */
export const REGISTRY_SERVICE = 'skerry-registry';
export const REGISTRY_PORT = 5000;
export const REGISTRY_NODE_PORT = 31999;
/** What nodes pull from: containerd allows plain HTTP to localhost, where every NodePort answers. */
export const REGISTRY_ON_NODES = `localhost:${REGISTRY_NODE_PORT}`;

/** Answers kubelet's probes. */
export const PROBE_PORT = 8081;
