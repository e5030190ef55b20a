import { client } from '../api/client'
import { ResendEnvelopeDocument, ResumeAgreementDocument, SetAgreementDocument, SuspendAgreementDocument } from '../api/gql/exchange'
import type { AgreementRowFragment, SetAgreementInput } from '../api/gql/types'
import { choice, line, reason, text } from '../form/make'
import { answered, type Task } from '../form/task'
import type { Option } from '../shell/words'
import type { Choices } from './people'

/** What an administrator does with what crosses to other committees. */
const kinds = (choices: Choices) => [
  choice('sends', '可以送出的', choices('envelope'), { list: true, hint: '都不选，什么也不送出。' }),
  choice('receives', '可以收进的', choices('envelope'), { list: true, hint: '都不选，什么也不收；两边都写明的才过得去。' }),
]
const byFile = 'FILE'

export function agreeing(committees: Option[], choices: Choices): Task {
  return {
    name: 'agreement', title: '订立往来约定', button: '订立', start: { channel: 'LOCAL' }, says: '对方也要订立自己的一半，才开始往来。任何一方随时可以中止。',
    fields: form => [
      choice('channel', '怎样往来', choices('AgreementChannel'), { required: true }),
      ...form['channel'] === byFile
        ? [line('partner', '对方的行政区划代码', { required: true }), line('name', '对方的名称', { required: true }), text('key', '对方的公钥', { required: true, hint: '由对方的管理员给出，请另外核对。' })]
        : [choice('partner', '哪个政协', committees, { required: true })],
      ...kinds(choices), reason('理由', {}),
    ],
    confirm: '订立以后，写明的种类就可以送出、收进；没有写明的一件也过不去。',
    send: async (form, key) => {
      const { name, key: theirs, ...rest } = form
      const input = { ...rest, sends: form['sends'] ?? [], receives: form['receives'] ?? [], ...form['channel'] === byFile ? { name, key: theirs } : {}, idempotencyKey: key } as SetAgreementInput
      const { data, error } = await client.mutation(SetAgreementDocument, { input }).toPromise()
      return answered(error, data?.setAgreement, '已经订立。')
    },
  }
}

export function agreementTasks(now: () => AgreementRowFragment, choices: Choices) {
  const a = now()
  const change = (): Task => ({
    name: 'agreement:' + a.id, title: `改与${a.partnerName}的约定`, button: '改', version: () => now().version,
    start: { ...a.sends?.length ? { sends: a.sends } : {}, ...a.receives?.length ? { receives: a.receives } : {} },
    fields: [...kinds(choices), reason('理由', {})],
    confirm: '去掉的种类马上不再送出、不再收进；已经送出的等对方的回执。',
    send: async (form, key, expectedVersion) => {
      const input: SetAgreementInput = { partner: a.partner, sends: form['sends'] as string[] ?? [], receives: form['receives'] as string[] ?? [], reason: form['reason'] as string | null ?? null, expectedVersion: expectedVersion ?? null, idempotencyKey: key }
      const { data, error } = await client.mutation(SetAgreementDocument, { input }).toPromise()
      return answered(error, data?.setAgreement, '已经改好。')
    },
  })
  const suspend = (): Task => ({
    name: 'agreement-suspend:' + a.id, title: `中止与${a.partnerName}的往来`, button: '中止', danger: true, fields: [reason()],
    confirm: '马上什么也不送出、不收进；要送的留着，恢复以后接着送。对方看得到中止。',
    send: async (form, key) => {
      const { data, error } = await client.mutation(SuspendAgreementDocument, { input: { id: a.id, reason: String(form['reason']), idempotencyKey: key } }).toPromise()
      return answered(error, data?.suspendAgreement, '已经中止。')
    },
  })
  const resume = (): Task => ({
    name: 'agreement-resume:' + a.id, title: `恢复与${a.partnerName}的往来`, button: '恢复', fields: [reason('理由', {})], confirm: '留着的接着送出。',
    send: async (form, key) => {
      const { data, error } = await client.mutation(ResumeAgreementDocument, { input: { id: a.id, reason: form['reason'] as string | null ?? null, idempotencyKey: key } }).toPromise()
      return answered(error, data?.resumeAgreement, '已经恢复。')
    },
  })
  return { change, suspend, resume }
}

export function resending(id: string, to: string): Task {
  return {
    name: 'resend:' + id, title: `给${to}再送一次`, button: '再送一次', fields: [reason('理由', {})],
    send: async (form, key) => {
      const { data, error } = await client.mutation(ResendEnvelopeDocument, { input: { id, reason: form['reason'] as string | null ?? null, idempotencyKey: key } }).toPromise()
      return answered(error, data?.resendEnvelope, '又送出了，送到以后这里会写明。')
    },
  }
}
