/** The usual names of files in a data directory and beside it. */
export const NODE_KEYS = 'node-keys.json'
export const OWNER_KEY = 'owner-key.json'
export const GUARDIAN_KEY = 'guardian-key.json'
export const CARD = 'belfry-card.json'
export const DEFINITION = 'federation.definition.json'
export const SIGNATURE = 'belfry-signature.json'
export const LOCK = 'federation.lock.json'
