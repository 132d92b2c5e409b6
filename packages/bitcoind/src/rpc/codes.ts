/** bitcoind's RPC error codes that Belfry tells apart (src/rpc/protocol.h). */
export const RPC_INVALID_ADDRESS_OR_KEY = -5
export const RPC_INVALID_PARAMETER = -8
export const RPC_DESERIALIZATION_ERROR = -22
export const RPC_VERIFY_ERROR = -25
export const RPC_VERIFY_REJECTED = -26
export const RPC_VERIFY_ALREADY_IN_UTXO_SET = -27
export const RPC_IN_WARMUP = -28
export const RPC_INTERNAL_ERROR = -32603
