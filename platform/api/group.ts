/** Where Skerry's own object types live in the Kubernetes API. */
export const GROUP = 'skerry.dev';
export const VERSION = 'v1alpha1';
