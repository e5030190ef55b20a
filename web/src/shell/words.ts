import { useQuery } from '@urql/vue'
import { computed } from 'vue'
import { WordsDocument } from '../api/gql/session'

export interface Option { value: string, label: string }

/** What the committee calls a code: one list for the whole page. A code without a word is not shown. */
export function useWords() {
  const { data } = useQuery({ query: WordsDocument, requestPolicy: 'cache-first' })
  const words = computed(() => new Map(data.value?.dictionary?.entries.map(e => [e.group + '\n' + e.code, e.label])))
  return (group: string, code: string | null | undefined, none = ''): string => code ? words.value.get(group + '\n' + code) ?? none : none
}

/** What can be chosen of a group: its codes with what the committee calls them, in its order. */
export function useChoices() {
  const { data } = useQuery({ query: WordsDocument, requestPolicy: 'cache-first' })
  return (group: string, but: readonly string[] = []): Option[] =>
    (data.value?.dictionary?.entries ?? []).filter(e => e.group === group && !but.includes(e.code)).map(e => ({ value: e.code, label: e.label }))
}

/** How far a permission reaches, in words: scopes come joined by bars. */
export const sayScope = (word: ReturnType<typeof useWords>, scope: string) => scope.split('|').map(s => word('scope', s.trim(), '')).filter(s => s).join('、')
