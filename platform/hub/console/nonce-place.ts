/** Stands in the page where each answer puts its nonce. */
export const NONCE_PLACE = '{nonce}';
