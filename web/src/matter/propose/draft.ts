import { useMutation, useQuery } from '@urql/vue'
import { computed, reactive, ref, watch } from 'vue'
import { useRouter } from 'vue-router'
import { byField, sentence } from '../../api/faults'
import { CreateProposalDocument, DraftDocument, EditProposalDocument } from '../../api/gql/propose'
import type { ProposalProposerKind } from '../../api/gql/types'
import { newKey } from '../../shell/key'
import { useSession } from '../../shell/session'
import { dropTyped, keepTyped, typed } from '../../shell/typed'

export interface Text {
  title: string
  proposerKind: ProposalProposerKind
  situation: string
  analysis: string
  suggestions: string[]
  suggestedUnitIds: string[]
  consentPublish: boolean
  consentReason: string
}
const blankText = (): Text => ({ title: '', proposerKind: 'INDIVIDUAL', situation: '', analysis: '', suggestions: [''], suggestedUnitIds: [], consentPublish: true, consentReason: '' })

/** How long nothing is typed before the draft is saved, in milliseconds: each saving is a step of the draft. */
const calm = 2500

/**
 * A proposal being written. It is the server's draft from the moment it has a
 * title; what the server does not have yet is kept on the device, and is there
 * again after reloading. Another tab's or device's change is shown, not overwritten.
 */
export function useDraft(id: string | undefined) {
  const router = useRouter()
  const who = useSession().viewer?.membership.id ?? ''
  const at = () => 'propose:' + (matterId.value ?? 'new')
  const matterId = ref(id)
  const text = reactive<Text>(blankText())
  const version = ref<number>()
  const saved = ref(''), wrong = ref<string[]>([]), faults = ref<Record<string, string[]>>({})
  const saving = ref(false), theirs = ref<Text>()
  const remote = useQuery({ query: DraftDocument, variables: computed(() => ({ id: matterId.value ?? '' })), pause: computed(() => !matterId.value), requestPolicy: 'network-only' })
  const create = useMutation(CreateProposalDocument), edit = useMutation(EditProposalDocument)
  let last = '', timer: ReturnType<typeof setTimeout> | undefined, key = newKey(), loaded = !id

  const inputs = () => ({
    title: text.title.trim(), situation: text.situation || null, analysis: text.analysis || null, suggestions: text.suggestions.filter(s => s.trim() !== ''),
    suggestedUnitIds: text.suggestedUnitIds, consentPublish: text.consentPublish, consentReason: text.consentPublish ? null : text.consentReason || null,
  })
  const dirty = () => loaded && JSON.stringify(inputs()) !== last

  function textOf(m: NonNullable<NonNullable<typeof remote.data.value>['matter']>): Text {
    const p = m.proposal
    return { title: m.title, proposerKind: p?.proposerKind ?? 'INDIVIDUAL', situation: p?.situation ?? '', analysis: p?.analysis ?? '', suggestions: p?.suggestions?.length ? [...p.suggestions] : [''],
      suggestedUnitIds: [...p?.suggestedUnits ?? []], consentPublish: p?.consentPublish ?? true, consentReason: p?.consentReason ?? '' }
  }
  watch(remote.data, d => {
    const m = d?.matter
    if (!m) return
    if (!loaded) {
      Object.assign(text, textOf(m))
      last = JSON.stringify(inputs())
      version.value = m.version
      loaded = true
      const kept = typed<Text>(who, at())
      if (kept) Object.assign(text, kept)
    } else if (!dirty() && !saving.value) { // somebody answered, or another tab has saved
      Object.assign(text, textOf(m))
      last = JSON.stringify(inputs())
      version.value = m.version
    }
  }, { immediate: true })
  if (!id) Object.assign(text, typed<Text>(who, at()))

  async function save(): Promise<boolean> {
    clearTimeout(timer)
    if (saving.value || !dirty()) return !saving.value
    if (!matterId.value && text.title.trim().length < 4) return false
    saving.value = true
    const sent = JSON.stringify(inputs())
    const { data, error } = matterId.value
      ? await edit.executeMutation({ input: { ...inputs(), matterId: matterId.value, expectedVersion: version.value ?? null, idempotencyKey: key } }).then(r => ({ data: r.data?.editProposal, error: r.error }))
      : await create.executeMutation({ input: { ...inputs(), proposerKind: text.proposerKind, idempotencyKey: key } }).then(r => ({ data: r.data?.createProposal, error: r.error }))
    saving.value = false
    if (error) { wrong.value = [sentence(error)]; later(8000); return false }
    key = newKey()
    const bad = data?.userErrors ?? []
    if (bad.some(e => e.code === 'VERSION_CONFLICT')) return conflict()
    const sorted = byField(bad)
    faults.value = sorted.fields
    wrong.value = sorted.rest
    if (bad.length > 0 || !data?.matter) return false
    const old = at()
    last = sent
    version.value = data.matter.version
    if (!matterId.value) {
      matterId.value = data.matter.id
      await router.replace({ path: '/propose/' + data.matter.id, query: router.currentRoute.value.query })
    }
    if (dirty()) later()
    else dropTyped(who, old)
    saved.value = new Date().toLocaleTimeString('zh-CN', { hour: '2-digit', minute: '2-digit', timeZone: 'Asia/Shanghai' })
    return true
  }
  async function conflict(): Promise<boolean> {
    const { data } = await remote.executeQuery({ requestPolicy: 'network-only' })
    const m = data.value?.matter
    if (m) {
      theirs.value = textOf(m)
      version.value = m.version
    }
    return false
  }
  /** Which of the two texts stays: mine is saved over the other's version, or the other's is taken. */
  function settle(mine: boolean) {
    if (!mine && theirs.value) {
      Object.assign(text, theirs.value)
      last = JSON.stringify(inputs())
      dropTyped(who, at())
    }
    theirs.value = undefined
    if (mine) void save()
  }
  function later(ms = calm) {
    clearTimeout(timer)
    timer = setTimeout(() => void save(), ms)
  }
  watch(text, () => {
    if (!dirty()) return
    keepTyped(who, at(), text)
    if (!theirs.value) later()
  }, { deep: true })

  return { matterId, text, saved, saving, wrong, faults, theirs, remote, save, settle }
}
