import { useQuery } from '@urql/vue'
import { computed } from 'vue'
import { WordsDocument } from '../api/gql/session'

/** What the committee calls a code: one list for the whole page. A code without a word is not shown. */
export function useWords() {
  const { data } = useQuery({ query: WordsDocument, requestPolicy: 'cache-first' })
  const words = computed(() => new Map(data.value?.dictionary?.entries.map(e => [e.group + '\n' + e.code, e.label])))
  return (group: string, code: string | null | undefined, none = ''): string => code ? words.value.get(group + '\n' + code) ?? none : none
}
