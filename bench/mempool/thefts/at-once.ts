/** So many at a time, in their order. */
export async function atOnce<T>(many: number, items: readonly T[], work: (item: T, at: number) => Promise<void>): Promise<void> {
  const left = items.entries()
  await Promise.all(Array.from({ length: many }, async () => {
    // All take from the same.
    for (const [at, item] of left) await work(item, at)
  }))
}
