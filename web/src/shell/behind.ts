import { sayDay } from './days'

/** A row behind a number, as people call it: what it says, where its matter is, and what is known of it besides. */
export interface Line { text: string, to: string | undefined, more: string }

interface Known {
  id: string
  title?: string | null, text?: string | null, name?: string | null, who?: string | null, number?: string | null, post?: string | null
  on?: string | null, dueOn?: string | null, status?: string | null
  stateInfo?: { label: string } | null
  membership?: { name: string } | null, unit?: { name: string } | null
  matter?: { id: string, title: string, number?: string | null } | null
}

/** `status` says what a state of an item is called. */
export function lineOf(row: object & { id: string }, status: (code: string) => string): Line {
  const n = row as Known
  const text = n.title ?? n.text ?? (n.name || undefined) ?? (n.who || undefined) ?? n.membership?.name ?? n.matter?.title ?? ''
  const to = n.stateInfo ? '/matters/' + n.id : n.matter ? '/matters/' + n.matter.id : undefined
  const more = [n.number ?? n.matter?.number, n.post, n.stateInfo?.label, n.on ? sayDay(n.on) : '', n.status ? status(n.status) : '', n.unit?.name, text === n.matter?.title ? '' : n.matter?.title]
  return { text, to, more: more.filter(Boolean).join(' · ') }
}
