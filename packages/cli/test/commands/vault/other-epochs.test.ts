import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import type { Manifest } from '@belfry/client'
import { unvaultsUnknownElsewhere } from '../../../src/commands/vault/other-epochs.ts'
import { workspace } from '../../support/workspace.ts'

describe('a renewal within one epoch of a vault that another epoch guards, too', () => {
  const space = workspace()
  const unvault = (byte: string) => ({ txid: byte.repeat(32) as Manifest['unvaults'][number]['txid'] })
  const warning = (epoch: number, before: readonly string[], after: readonly string[]) =>
    unvaultsUnknownElsewhere(
      space.file('enrolment.json'),
      { epoch, unvaults: before.map(unvault) as unknown as Manifest['unvaults'] },
      { unvaults: after.map(unvault) },
    )

  it('warns of unvaults that are new, in an epoch that follows another', async () => {
    assert.match((await warning(1, ['aa'], ['aa', 'bb'])) ?? '', /in an earlier epoch, too, do not know them/)
    assert.equal(await warning(1, ['aa', 'bb'], ['bb', 'aa']), null, 'the same')
    assert.equal(await warning(0, ['aa'], ['bb']), null, 'the only epoch')
  })

  it('warns of them in the first epoch once the vault is renewed in the next', async () => {
    await writeFile(space.file('enrolment-epoch-1.json'), '{}')
    assert.match((await warning(0, ['aa'], ['bb'])) ?? '', /in a later epoch, too, do not know them/)
    assert.equal(await warning(0, ['aa'], ['aa']), null)
  })
})
