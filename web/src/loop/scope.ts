import { useQuery } from '@urql/vue'
import { computed } from 'vue'
import { SittingsDocument } from '../api/gql/figures'
import type { FigureScope, FigureScopeKind } from '../api/gql/types'
import { today } from '../shell/days'
import type { Option } from '../shell/words'

/** What a figure is asked for, as it stands in the address: `scope`, `sitting`, `year`, `asOf`, `split`. */
export interface Asked { kind: FigureScopeKind, sitting: string, year: string, asOf: string, split: string }

const numerals = '〇一二三四五六七八九'
/** 1–99 in Chinese numerals, as sittings are called. */
export function chinese(n: number): string {
  if (n < 10) return numerals[n] ?? String(n)
  const tens = Math.floor(n / 10)
  return (tens === 1 ? '' : numerals[tens]) + '十' + (n % 10 ? numerals[n % 10] : '')
}

export const ofSitting = (kind: FigureScopeKind) => kind === 'SESSION' || kind === 'SINCE_SESSION'

/** The sittings, the newest first. */
export function useSittings() {
  const { data, fetching, error } = useQuery({ query: SittingsDocument, requestPolicy: 'cache-first' })
  const sittings = computed(() => (data.value?.terms ?? []).flatMap(t => (t.sittings ?? []).map(s => ({ ...s, label: `第${chinese(t.ordinal)}届${chinese(s.ordinal)}次会议` })))
    .sort((a, b) => (b.opensOn ?? '').localeCompare(a.opensOn ?? '')))
  const options = computed<Option[]>(() => sittings.value.map(s => ({ value: s.id, label: s.label })))
  /** The newest that has begun. */
  const present = computed(() => (sittings.value.find(s => s.opensOn && s.opensOn <= today()) ?? sittings.value[0])?.id ?? '')
  return { options, present, fetching, error }
}

const kinds: FigureScopeKind[] = ['SESSION', 'SINCE_SESSION', 'CALENDAR_YEAR', 'ALL']
export const isKind = (x: unknown): x is FigureScopeKind => kinds.includes(x as FigureScopeKind)

/** What the address asks for; where it says nothing, all since the present sitting. */
export function askedOf(query: Record<string, unknown>, sitting: string): Asked {
  const text = (name: string) => typeof query[name] === 'string' ? query[name] : ''
  const kind = text('scope')
  return { kind: isKind(kind) ? kind : 'SINCE_SESSION', sitting: text('sitting') || sitting, year: text('year') || today().slice(0, 4), asOf: text('asOf'), split: text('split') }
}

export function scopeOf(a: Asked): FigureScope {
  return { kind: a.kind, sittingId: ofSitting(a.kind) ? a.sitting : null, year: a.kind === 'CALENDAR_YEAR' ? Number(a.year) : null }
}

/** The address of the rows behind a figure, or a part of it. */
export function addressOf(code: string, a: Asked, part?: string) {
  const query: Record<string, string> = { scope: a.kind }
  if (ofSitting(a.kind)) query['sitting'] = a.sitting
  if (a.kind === 'CALENDAR_YEAR') query['year'] = a.year
  if (a.asOf) query['asOf'] = a.asOf
  if (a.split) query['split'] = a.split
  if (part !== undefined) query['part'] = part
  return { path: '/loop/figures/' + code, query }
}
