export { readPassphraseFile, type PassphraseFileOptions } from './read-passphrase-file.ts'
