import { client } from '../api/client'
import { MattersDocument } from '../api/gql/find'
import type { MatterFilter, MatterOrder } from '../api/gql/types'
import { sayDay, sayTime } from '../shell/days'

/** How many rows a sheet has at most; more is the report's. */
export const mostRows = 2000

const cell = (text: string) => /[",\n\r]/.test(text) || /^[=+\-@\t]/.test(text) ? `"${/^[=+\-@\t]/.test(text) ? "'" : ''}${text.replaceAll('"', '""')}"` : text

/** All rows of a view as a table file, page by page; `tell` hears how many have come. A text that a spreadsheet would take for a formula is kept a text. */
export async function sheetOf(filter: MatterFilter, order: MatterOrder, word: (group: string, code: string) => string, tell: (rows: number) => void): Promise<Blob> {
  const lines = [['编号', '标题', '类别', '环节', '轮到谁', '最近的期限', '街道', '提出人', '进入时间'].join(',')]
  let after: string | null = null
  do {
    const { data, error } = await client.query(MattersDocument, { filter, order, first: 100, after }, { requestPolicy: 'network-only' }).toPromise()
    if (error || !data?.matters) throw error ?? new TypeError('nothing came')
    for (const e of data.matters.edges ?? []) {
      const m = e?.node
      if (!m) continue
      lines.push([m.number ?? '', m.title, word('kind', m.kind), m.stateInfo.label, m.stateInfo.turn ?? '', sayDay(m.nextDueOn), m.street?.name ?? '', m.creator?.name ?? '', sayTime(m.openedAt)].map(cell).join(','))
    }
    after = data.matters.pageInfo.hasNextPage ? data.matters.pageInfo.endCursor ?? null : null
    tell(lines.length - 1)
  } while (after && lines.length <= mostRows)
  return new Blob(['\ufeff' + lines.join('\r\n') + '\r\n'], { type: 'text/csv;charset=utf-8' })
}

export function save(blob: Blob, name: string) {
  const a = document.createElement('a')
  a.href = URL.createObjectURL(blob)
  a.download = name
  a.click()
  setTimeout(() => URL.revokeObjectURL(a.href), 10_000)
}
