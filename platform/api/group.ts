/** Where Skerry's own object types live in the Kubernetes API. */
export const GROUP = 'skerry.dev';
export const VERSION = 'v1alpha1';
export const API_VERSION = `${GROUP}/${VERSION}`;

/** Marks a namespace as a project; its value is `true`. */
export const PROJECT_LABEL = 'skerry.dev/project';
