/** Whether this node has a fee wallet. One that does not open is told of, and keeps no member from guarding its vaults. */
import { readPassphraseFile } from '@belfry/keystore'
import { CodedError, type Millis } from '@belfry/protocol/primitives'
import type { Network } from '@belfry/vault'
import type { NodeConfig } from '../config/index.ts'
import type { Logger } from '../logging/index.ts'
import type { RowStore } from '../store/index.ts'
import type { WatchBook } from '../wallets/index.ts'
import { FeeWallet, type FeeWalletModules } from './fee-wallet.ts'
import { openFeeSigner } from './key.ts'
import type { FeeWalletReading } from './reading.ts'
import { ensureFeeWatch, feeWatchOf } from './watch.ts'

export type FeeWalletStatus =
  /** Nobody made a key for one. */
  | { readonly state: 'none' }
  /** There is a key, and it does not open; or nobody can tell what it has spent. */
  | { readonly state: 'failed'; readonly message: string; readonly remedy: string }
  | { readonly state: 'ready'; readonly reading: FeeWalletReading }

export interface PreparedFeeWallet extends Disposable {
  /** What follows needs more of the node. null where there is none. Never rejects. */
  open(modules: Omit<FeeWalletModules, 'signer' | 'watch' | 'config' | 'store'> & { readonly watches: WatchBook }): Promise<FeeWallet | null>
  /** @param wallet as `open` gave it */
  status(wallet: FeeWallet | null): FeeWalletStatus
}

export interface FeeWalletInit {
  readonly config: Pick<NodeConfig, 'passphrase_file' | 'allow_group_readable_passphrase' | 'fee_wallet'>
  readonly network: Network
  readonly store: RowStore
  readonly now: () => Millis
  readonly logger: Logger
}

/** Before what is watched is read: its descriptor is added to that. Never rejects. */
export async function prepareFeeWallet(init: FeeWalletInit): Promise<PreparedFeeWallet> {
  const { logger } = init
  try {
    const prepared = await prepare(init)
    if (prepared === null) logger.info('fee-wallet-none', { key_file: init.config.fee_wallet.key_file })
    return prepared ?? without({ state: 'none' })
  } catch (error) {
    return without(failure(error, logger))
  }
}

async function prepare({ config, network, store, now, logger }: FeeWalletInit): Promise<PreparedFeeWallet | null> {
  using passphrase = await readPassphraseFile(config.passphrase_file, {
    allowGroupReadable: config.allow_group_readable_passphrase,
  })
  const signer = await openFeeSigner({ path: config.fee_wallet.key_file, passphrase, network })
  if (signer === null) return null
  try {
    const id = await ensureFeeWatch(store, signer.account, config.fee_wallet.birth_height, now())
    logger.info('fee-wallet-opened', { watch_id: id })
    let status: FeeWalletStatus = { state: 'none' }
    return {
      async open({ watches, ...modules }) {
        try {
          return await FeeWallet.open({ ...modules, store, signer, config: config.fee_wallet, watch: feeWatchOf(watches, id) })
        } catch (error) {
          status = failure(error, logger)
          return null
        }
      },
      status: (wallet) => (wallet === null ? status : { state: 'ready', reading: wallet.reading() }),
      [Symbol.dispose]: () => signer.wipe(),
    }
  } catch (error) {
    signer.wipe()
    throw error
  }
}

function failure(error: unknown, logger: Logger): FeeWalletStatus {
  logger.error('fee-wallet-failed', { error })
  const known = error instanceof CodedError
  return {
    state: 'failed',
    message: known ? error.message : 'the fee wallet cannot be opened',
    remedy: known ? error.remedy : 'Read the log: fee-wallet-failed says more.',
  }
}

function without(status: FeeWalletStatus): PreparedFeeWallet {
  return { open: () => Promise.resolve(null), status: () => status, [Symbol.dispose]: () => undefined }
}
