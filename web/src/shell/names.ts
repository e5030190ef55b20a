import { useQuery } from '@urql/vue'
import { computed, type Ref } from 'vue'
import { NamesDocument } from '../api/gql/matter'

/** The names of units and people by their ids; what has none is left out. */
export function useNames(ids: Ref<readonly string[]>) {
  const variables = computed(() => ({ ids: [...ids.value] }))
  const { data } = useQuery({ query: NamesDocument, variables, pause: computed(() => ids.value.length === 0), requestPolicy: 'cache-first' })
  return computed(() => (data.value?.nodes ?? []).flatMap(n => n && 'name' in n && n.name ? [n.name] : []))
}
