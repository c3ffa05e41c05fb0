/** What cores may do without with this provider: they keep its schema from one start to the next. */
export const CAPABILITIES = { planDestroy: false, getProviderSchemaOptional: true, moveResourceState: false };
