import type { Option } from '../form/fields'
import { sayDay } from '../shell/days'
import type { Contents, Matter } from './page'

type Word = (group: string, code: string | null | undefined, none?: string) => string

/** What forms of this matter may pick from it, by the name in picks.from. */
export function listsOf(matter: Matter | undefined, c: Contents | undefined, word: Word): Record<string, Option[]> {
  const short = (s: string | null | undefined) => s && s.length > 40 ? s.slice(0, 40) + '…' : s ?? ''
  const join = (...parts: (string | null | undefined)[]) => parts.filter(Boolean).join(' · ')
  return {
    parties: (c?.parties ?? []).map(p => ({ value: p.id, label: join(p.name ?? p.unit?.name, word('PartyRole', p.role)) })),
    items: (c?.items ?? []).map(i => ({ value: i.id, label: join(short(i.text), i.unit?.name) })),
    events: (c?.events ?? []).map(e => ({ value: e.id, label: join(e.title, sayDay(e.on)) })),
    records: (c?.records ?? []).map(r => ({ value: r.id, label: join(word('RecordKind', r.kind, '记录'), sayDay(r.on), short(r.text)) })),
    attachments: (c?.attachments ?? []).filter(a => !a.removedAt).map(a => ({ value: a.id, label: a.name })),
    feedback: (c?.feedback ?? []).map(f => ({ value: f.id, label: join(f.party.name, f.reply.assignment.unit.name, `第${f.round}轮`) })),
    assignments: (matter?.assignments ?? []).map(a => ({ value: a.id, label: join(a.unit.name, word('AssignmentRole', a.role)) })),
  }
}
