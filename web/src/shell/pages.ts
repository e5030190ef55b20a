import { useQuery, type AnyVariables, type TypedDocumentNode } from '@urql/vue'
import { computed, ref, shallowRef, watch, type Ref } from 'vue'

/** One page as a list has it: its rows, the cursor of the next page, and how many there are in all. */
export interface Page<Row> { rows: readonly Row[], next: string | null | undefined, total?: number }

/** The page of a connection. */
export function pageOf<Row>(c: { totalCount?: number, pageInfo: { hasNextPage: boolean, endCursor?: string | null }, edges?: readonly ({ node?: Row | null } | null)[] | null } | null | undefined): Page<Row> {
  return {
    rows: (c?.edges ?? []).flatMap(e => e?.node ? [e.node] : []), next: c?.pageInfo.hasNextPage ? c.pageInfo.endCursor : null,
    ...(c?.totalCount === undefined ? {} : { total: c.totalCount }),
  }
}

/**
 * A list page after page under each other. `variables` are all but `after`; when
 * they change it begins anew. A row that comes again, because the list has moved
 * meanwhile, stays where it was.
 */
export function usePages<Data, Variables extends AnyVariables, Row>(
  query: TypedDocumentNode<Data, Variables>, variables: Ref<Record<string, unknown>>, read: (data: Data) => Page<Row>, keyOf: (row: Row) => string | number,
) {
  const after = ref<string | null>(null)
  const kept = shallowRef<readonly Row[]>([])
  const asked = computed(() => ({ ...variables.value, after: after.value })) as unknown as Ref<Variables>
  const { data, fetching, error, executeQuery } = useQuery<Data, Variables>({ query, variables: asked } as Parameters<typeof useQuery<Data, Variables>>[0])
  const page = computed(() => data.value ? read(data.value) : undefined)
  const rows = computed(() => {
    const seen = new Set(kept.value.map(keyOf))
    return [...kept.value, ...(page.value?.rows ?? []).filter(r => !seen.has(keyOf(r)))]
  })
  function anew() { kept.value = []; after.value = null }
  watch(variables, anew)

  return {
    data, rows, fetching,
    total: computed(() => page.value?.total ?? 0),
    /** Whether there is a page after what is shown. */
    next: computed(() => page.value?.next != null),
    /** What went wrong, where there is nothing to show instead. */
    error: computed(() => rows.value.length === 0 ? error.value : undefined),
    more() { kept.value = rows.value; after.value = page.value?.next ?? null },
    again() { anew(); executeQuery({ requestPolicy: 'network-only' }) },
  }
}
