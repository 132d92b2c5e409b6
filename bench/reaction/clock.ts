/** The machine's monotonic clock, which all processes on it read alike. */
export function monotonic_ms(): number {
  return Number(process.hrtime.bigint()) / 1e6
}
