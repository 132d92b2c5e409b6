/** Why an owner's request is refused: each code with its sentence and what to do. Nothing changed where one is given. */
export interface Refusal {
  readonly code: RefusalCode
  readonly message: string
  readonly remedy: string
  /** Whether the same request may succeed later. */
  readonly retryable: boolean
}

const REFUSALS = {
  'malformed-request': ['The request cannot be read', 'Use a client of the same major version as the federation'],
  'owner-not-admitted': ['This member has not admitted the owner of the manifest', "Give your owner card to the operator, who adds it to the node's owners"],
  'wrong-lock': ['The manifest is for another federation', 'Plan and enrol with the lock file of this federation'],
  'wrong-epoch': ['The manifest is for another epoch of this federation', 'Use the current lock file'],
  'wrong-vault-id': ['The vault id does not follow from deposit and owner root key', 'Make the manifest again with the client'],
  'signatures-missing': ['Fewer enrolment keys signed than the manifest in force asks for', 'Sign with the missing enrolment keys'],
  'earlier-keys-missing': ['Fewer enrolment keys signed than the manifest of this vault in an earlier epoch asks for', 'Renew the vault from its enrolment in that epoch with `belfry vault renew --earlier`; if you did not send this, somebody else has your root key: move the coin'],
  'root-not-among-enrolment-keys': ['The root key is not one of the enrolment keys', 'Name the root key among the enrolment keys'],
  'enrolment-keys-unsound': ['Enrolment keys repeat, or k is more than there are', 'Name each key once and ask for at most as many as there are'],
  'panic-keys-unsound': ['Panic keys repeat, or k is more than there are', 'Name each key once and ask for at most as many as there are'],
  'csv-too-short': ['The window of the unvault output is too short to act in', 'Use at least 144 blocks (12 on regtest)'],
  'activation-delay-too-short': ['A new generation would activate before its owner could cancel it', 'Use a delay of at least 144 blocks (1 on regtest)'],
  'ladder-unsound': ['A ladder does not rise in feerate, or a txid stands in two places', 'Make the recovery set again with the client'],
  'shares-incomplete': ['The commitments do not name every member once, with distinct shares', 'Make the bundle again with the client'],
  'envelope-id-wrong': ['An envelope id does not follow from its place and key', 'Make the bundle again with the client'],
  'envelopes-differ': ['The envelopes sent are not those that the manifest commits to', 'Send the stored bundle again'],
  'share-does-not-open': ['A share sealed to this member does not open', "Check this member's encryption key in the lock, and send the stored bundle again"],
  'share-not-committed': ['A share differs from its commitment', 'Make the bundle again with the client'],
  'generation-not-next': ['The generation is not the one after the active one', 'Read the active generation with `belfry vault show` and renew from there'],
  'previous-differs': ['The manifest does not name the active manifest that it follows', 'Renew from the active manifest'],
  'generation-taken': ['Another manifest of this generation is held already', 'Withdraw the other one first, or find out who made it: this is an alarm'],
  'no-room': ['This member holds as many vaults or manifests as it can', 'Use another federation, or ask the operator to add one: a vault keeps its place for good'],
  'quarantined': ['This member doubts its own disk, and signs nothing', 'Ask its operator to look at `belfry ledger show`; other members can be enrolled with meanwhile'],
  'starting': ['This member has just started, and asks the others first', 'Try again in a moment'],
  'busy': ['This member is verifying other enrolments', 'Try again in a moment'],
  'deposit-not-yet-seen': ['The deposit is not confirmed deep enough at this member', 'Wait for confirmations and for the member to catch up, then enrol again'],
  'deposit-differs': ['The deposit has another value or script than the manifest says', 'Check the outpoint in the plan'],
  'deposit-spent': ['The deposit has been spent', 'A vault is enrolled before its coin moves'],
  'bitcoind-unreachable': ["This member's bitcoind does not answer", 'Try again later; the operator sees it in /readyz'],
  'unknown-manifest': ['This member does not hold that manifest', 'Enrol the manifest first'],
  'bundle-incomplete': ['The bundle has fewer valid receipts than protection needs', 'Collect receipts from more members'],
  'manifest-withdrawn': ['The manifest was withdrawn and cannot be activated', 'Make a new manifest'],
  'manifest-cancelled': ['An owner cancelled the manifest, and it cannot be activated', 'Withdraw it and make a new manifest'],
  'unknown-vault': ['This member holds no such vault', 'Enrol the vault first, or ask another member'],
  'vault-destroyed': ["This member has forgotten the vault on its owner's order", 'Plan a new vault: one that was destroyed is not taken again'],
  'command-not-authorised': ['The command lacks signatures of the keys that may give it', 'Sign with the keys that the active manifest names for this command'],
  'anchor-not-in-chain': ['The anchor is no block of the chain of this member', 'Give the command again with a block that is six deep now'],
  'anchor-not-deep': ['The anchor is not deep enough at this member yet', 'Wait for the member to catch up and send it again'],
  'command-not-recent': ['The command was given too long ago', 'Give it again: a command counts for about two hours'],
  'no-emergency-ladder': ['No manifest of this vault holds an emergency transaction', 'Renew the vault with a deep cold destination'],
  'coin-left': ['The coin has left this vault', 'There is nothing left to act on'],
  'panic-limit': ['As many panics of this vault are under way as a member takes', 'They go on; look at the incidents of the vault'],
  'already-revoked': ['The vault was revoked before', 'Nothing more is needed'],
  'not-waiting': ['The manifest is not waiting for its activation', 'Look at the state of the manifest with `belfry vault show`'],
  'drill-unsound': ['The drill names a trial or members held back where its level has none, or lacks them', 'Make the drill again with the client'],
  'drill-running': ['A drill of this vault is running', 'Wait for it to end'],
  'drill-limit': ['As many drills were held of this vault as a member remembers', 'Wait until the oldest is two days old'],
  'incident-open': ['A real incident of this vault is open, and goes first', 'Rehearse when it is over'],
  'coin-not-left': ['The coin has not left this vault', 'Nothing is forgotten while the coin can still be stolen'],
  'coin-left-not-deep': ['The coin has left, and that is not 100 blocks deep yet', 'Try again later: a reorganisation could bring it back'],
} as const satisfies Record<string, readonly [string, string]>

export type RefusalCode = keyof typeof REFUSALS

const RETRYABLE: ReadonlySet<RefusalCode> = new Set([
  'quarantined',
  'starting',
  'busy',
  'deposit-not-yet-seen',
  'bitcoind-unreachable',
  'anchor-not-in-chain',
  'anchor-not-deep',
  'drill-running',
  'drill-limit',
  'incident-open',
  'coin-left-not-deep',
])

export function refusal(code: RefusalCode): Refusal {
  const [message, remedy] = REFUSALS[code]
  return { code, message, remedy, retryable: RETRYABLE.has(code) }
}
