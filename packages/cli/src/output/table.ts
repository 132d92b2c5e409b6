import { visibleLength } from './style.ts'

const GAP = '  '

/** Lines of aligned columns; the last is not padded. Numbers stand to the right where `right` names their column. */
export function table(rows: readonly (readonly string[])[], right: readonly number[] = []): string[] {
  const widths: number[] = []
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, visibleLength(cell))
  }
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const padding = ' '.repeat((widths[column] ?? 0) - visibleLength(cell))
        if (right.includes(column)) return padding + cell
        return column === row.length - 1 ? cell : cell + padding
      })
      .join(GAP)
      .trimEnd(),
  )
}

/** A name and its value on each line. */
export function list(pairs: readonly (readonly [name: string, value: string])[]): string[] {
  return table(pairs)
}
