export { ENVELOPE_KEY_BYTES, openEnvelope, randomKey, sealEnvelope } from './envelope.ts'
