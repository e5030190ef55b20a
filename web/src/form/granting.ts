import { useQuery } from '@urql/vue'
import { computed } from 'vue'
import { client } from '../api/client'
import { CaseByNumberDocument, EndCaseGrantDocument, GrantCaseDocument, GrantPartnersDocument } from '../api/gql/districts'
import { today } from '../shell/days'
import { useSession } from '../shell/session'
import type { Option } from '../shell/words'
import { choice, day, line, text } from './make'
import { answered, type Task } from './task'

/** One case opened to another committee: for a purpose, until a day. */
export interface Case { id: string, title: string, number: string }

/** To whom this person may open a case: nobody where he may not send, or nothing was agreed on. */
export function usePartners() {
  const session = useSession()
  const { data } = useQuery({ query: GrantPartnersDocument, pause: !session.may('exchange.send'), requestPolicy: 'cache-first' })
  return computed<Option[]>(() => (data.value?.agreements?.edges ?? []).flatMap(e => e?.node?.status === 'ACTIVE' && e.node.sends?.includes('case_grant') ? [{ value: e.node.partner, label: e.node.partnerName }] : []))
}

/** The last day that may be named. */
const latest = () => new Date(Date.parse(today()) + 365 * 86_400_000).toISOString().slice(0, 10)

/** The case that a number means; nothing where it means none, or several. */
async function caseOf(number: string) {
  const { data, error } = await client.query(CaseByNumberDocument, { number }, { requestPolicy: 'network-only' }).toPromise()
  const found = (data?.matters?.edges ?? []).flatMap(e => e?.node ? [e.node] : [])
  const exact = found.filter(m => m.number === number)
  return { error, found: exact.length === 1 ? exact[0] : found.length === 1 ? found[0] : undefined }
}
const unknown = [{ code: 'NOT_FOUND' as const, message: '没有找到唯一的一件，请核对编号；也可以在那件提案的页面里授权。', path: ['number'], details: null }]

/** Opens the case, or the one whose number is filled in. */
export function granting(partners: readonly Option[], of?: Case): Task {
  return {
    name: 'grant:' + (of?.id ?? ''), title: of ? `授权查看《${of.title}》` : '授权查看一件提案', button: '授权',
    says: '对方只能读这一件的正文、经过和答复，看不到人员、内部意见和附件；每看一次都记在本会的审计里。',
    fields: [
      ...of ? [] : [line('number', '提案的编号', { required: true, hint: '已经立案、不涉密的才可以。' })],
      choice('partner', '给谁看', partners, { required: true }), text('purpose', '用途，对方看得到', { required: true }),
      day('until', '到哪一天为止，含当天', { required: true, earliest: today(), latest: latest() }),
    ],
    start: partners.length === 1 ? { partner: partners[0]!.value } : {},
    confirm: '几秒内送到。任何一方随时可以结束；看过的不能收回。',
    ...of ? {} : {
      preview: async form => {
        const { error, found } = await caseOf(String(form['number']))
        return error ? { error } : found ? { says: [`是《${found.title}》（${found.number}）。`] } : { faults: unknown }
      },
    },
    send: async (form, key) => {
      const found = of ?? (await caseOf(String(form['number']))).found
      if (!found) return { faults: unknown }
      const input = { partner: String(form['partner']), matterId: found.id, purpose: String(form['purpose']), until: String(form['until']), idempotencyKey: key }
      const { data, error } = await client.mutation(GrantCaseDocument, { input }).toPromise()
      return answered(error, data?.grantCase, '已经授权，对方几秒内收到。')
    },
  }
}

export function ending(g: { id: string, title: string }): Task {
  return {
    name: 'end-grant:' + g.id, title: `结束查看《${g.title}》`, button: '结束', danger: true, fields: [text('reason', '理由，对方看得到', { required: true })], confirm: '马上不能再看，看过的也不再显示。',
    send: async (form, key) => {
      const { data, error } = await client.mutation(EndCaseGrantDocument, { input: { id: g.id, reason: String(form['reason']), idempotencyKey: key } }).toPromise()
      return answered(error, data?.endCaseGrant, '已经结束。')
    },
  }
}
