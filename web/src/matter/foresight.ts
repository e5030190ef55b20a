import { useClientHandle } from '@urql/vue'
import { ForeseeDocument } from '../api/gql/matter'
import type { PerformActionInput } from '../api/gql/types'
import type { Look } from '../form/task'
import { sayDay } from '../shell/days'

/** What an action would bring about, in sentences and days, before it is done. */
export function useForesight() {
  const { client } = useClientHandle()
  return async (input: PerformActionInput): Promise<Look> => {
    const { data, error } = await client.query(ForeseeDocument, { input }, { requestPolicy: 'network-only' })
    const f = data?.foresee
    if (error || !f) return { error }
    if (f.userErrors.length > 0) return { faults: f.userErrors }
    const says = f.turns.map(t => {
      const people = t.people.map(p => p.name).join('、')
      if (t.instead) return people ? `轮到的${t.turn}现在没有能办理的人，由${people}代为安排。` : ''
      return people ? `以后轮到${t.turn}：${people}。` : `以后轮到${t.turn}，那里现在还没有能办理的人。`
    }).filter(s => s !== '')
    if (f.takeBackUntil) says.push(`${sayDay(f.takeBackUntil)}以前，别人还没有办过时，您可以撤回。`)
    if (!f.visible) says.push('办好以后您看不到这件事项了。')
    const day = (d: string | null | undefined, none: string) => d ? sayDay(d) : none
    return { says, changes: f.days.map(d => ({ title: d.label, before: day(d.was, '还没有开始'), after: d.dueOn === d.was ? '照旧' : day(d.dueOn, '就此结束') })) }
  }
}
