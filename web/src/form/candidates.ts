import { onUnmounted, ref, watch } from 'vue'
import { client } from '../api/client'
import { PickBallotsDocument, PickMattersDocument, PickMembersDocument, PickPartnersDocument, PickPlatformsDocument, PickUnitsDocument } from '../api/gql/picks'
import { today } from '../shell/days'
import { useMatterLists, type Field, type Option } from './fields'

/** Words of what was picked, kept with the tab, so that a form that is taken up again shows names and never ids. */
const mark = 'picked:'
export function remember(o: Option) { try { sessionStorage.setItem(mark + o.value, o.label) } catch { /* a private window */ } }
export function labelOf(value: string): string { try { return sessionStorage.getItem(mark + value) ?? '（已选的一项）' } catch { return '（已选的一项）' } }

type Ask = (text: string) => Promise<Option[]>
const rows = <T>(edges: readonly ({ node?: T | null } | null)[] | null | undefined): T[] => (edges ?? []).flatMap(e => e?.node ? [e.node] : [])

function asker(field: Field, matterId: string | undefined): Ask {
  const name = (text: string) => text.trim() || null
  const all = (list: Option[]) => (text: string) => list.filter(o => o.label.includes(text.trim()))
  switch (field.picks?.from) {
    case 'units': return async t => rows((await client.query(PickUnitsDocument, { name: name(t), line: field.picks?.what === 'VENUE' ? 'VENUE' : null, on: today() }).toPromise()).data?.units?.edges).map(u => ({ value: u.id, label: u.name }))
    case 'candidates': return async t => ((await client.query(PickMembersDocument, { name: name(t) }).toPromise()).data?.candidates ?? []).map(m => ({ value: m.id, label: m.post ? `${m.name}（${m.post}）` : m.name }))
    case 'matters': return async t => rows((await client.query(PickMattersDocument, { title: name(t), kind: field.picks?.what === 'PROPOSAL' ? 'proposal' : null }).toPromise()).data?.matters?.edges).map(m => ({ value: m.id, label: m.number ? `${m.number} ${m.title}` : m.title }))
    case 'platforms': return async t => all(rows((await client.query(PickPlatformsDocument, {}).toPromise()).data?.platforms?.edges).map(p => ({ value: field.picks?.value === 'id' ? p.id : p.processKind, label: p.brand })))(t)
    case 'agreements': return async t => all(rows((await client.query(PickPartnersDocument, {}).toPromise()).data?.agreements?.edges).map(a => ({ value: a.partner, label: a.partnerName })))(t)
    case 'ballots': return async t => matterId ? all(((await client.query(PickBallotsDocument, { matterId }).toPromise()).data?.ballots ?? []).map(b => ({ value: b.id, label: b.title })))(t) : []
  }
  return async () => []
}

/** The candidates of a field: asked as one types, or the matter's own. */
export function useCandidates(field: Field) {
  const options = ref<Option[]>([])
  const loading = ref(false)
  const matter = useMatterLists()
  const own = field.picks?.from.startsWith('Matter.') ? field.picks.from.slice('Matter.'.length) : undefined
  const ask = asker(field, matter?.id.value)
  let timer: ReturnType<typeof setTimeout> | undefined, turn = 0

  async function find(text: string) {
    if (own) {
      options.value = (matter?.lists.value[own] ?? []).filter(o => o.label.includes(text.trim()))
      return
    }
    const mine = ++turn
    loading.value = true
    const found = await ask(text)
    if (mine !== turn) return
    options.value = found
    loading.value = false
  }
  function search(text: string) {
    clearTimeout(timer)
    timer = setTimeout(() => void find(text), own ? 0 : 200)
  }
  onUnmounted(() => clearTimeout(timer))
  if (own && matter) watch(matter.lists, () => void find(''), { immediate: true })
  return { options, loading, search, find }
}
