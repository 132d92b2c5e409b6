/** What a renewal within one epoch means where the vault is guarded in another, too. */
import { dirname, join } from 'node:path'
import { type Manifest, exists } from '@belfry/client'

/** Beside the enrolment that it follows. */
export function enrolmentOfEpoch(from: string, epoch: number): string {
  return join(dirname(from), `enrolment-epoch-${epoch}.json`)
}

/**
 * Other unvaults than before are a stranger's to members of another epoch, who would answer a spend of the owner as a theft.
 * @returns what to warn of; null where the unvaults stay, or the files tell of no other epoch
 */
export async function unvaultsUnknownElsewhere(
  from: string,
  { epoch, unvaults: before }: Pick<Manifest, 'epoch' | 'unvaults'>,
  { unvaults: after }: { readonly unvaults: readonly Pick<Manifest['unvaults'][number], 'txid'>[] },
): Promise<string | null> {
  if (after.every(({ txid }) => before.some((one) => one.txid === txid))) return null
  const isRenewedLater = await exists(enrolmentOfEpoch(from, epoch + 1))
  if (epoch === 0 && !isRenewedLater) return null
  return (
    `These unvaults are others than those of ${from}. Members that guard the vault in ${isRenewedLater ? 'a later' : 'an earlier'} epoch, too, do not know them ` +
    'and answer them as a theft: use them only when no other epoch that holds the vault is served any more.'
  )
}
