/** A platform as docker and containerd write it: `linux/amd64`, `linux/arm/v7`. */
export const PLATFORM_GRAMMAR = /^[a-z0-9]+\/[a-z0-9_]+(?:\/[a-z0-9]+)?$/;
