/** How the file of a bundle ends. */
export const BUNDLE_SUFFIX = '.bundle.tar';
