const GAP = '  '
/** Names and peers; what is between them are numbers, which stand to the right. */
const isText = (column: number, columns: number): boolean => column === 0 || column === columns - 1

/** Lines of aligned columns. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const columns = Math.max(0, ...rows.map((row) => row.length))
  const widths = Array.from({ length: columns }, (_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) =>
    row
      .map((cell, column) => (isText(column, columns) ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join(GAP)
      .trimEnd(),
  )
}
