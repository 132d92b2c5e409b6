import { SchemaError } from '@belfry/client'
import { CliError } from '../../errors.ts'

/** An answer of a running node. @throws CliError api-malformed where it cannot be read, and whatever else the reading throws */
export async function asked<T>(reading: Promise<T>): Promise<T> {
  try {
    return await reading
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error
    throw new CliError('api-malformed', 'The node answers what this version cannot read.', 'Use the version that the node is of.')
  }
}
