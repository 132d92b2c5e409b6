/** Output descriptors and extended keys → scripts. Public keys only. */
export { type Descriptor, type DescriptorReader, loadDescriptors } from './descriptor.ts'
export { DescriptorError, type DescriptorErrorCode } from './errors.ts'
export type { KeyReading, KeyScript } from './extended-key.ts'
export { MAX_INDEX } from './key-expression.ts'
export { refusePrivateKeys } from './private-keys.ts'
export { rawScript } from './compile.ts'
export { MAX_DESCRIPTOR_CHARS } from './text.ts'
