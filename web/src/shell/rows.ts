import { computed, onMounted, onUnmounted, ref, watch, type Ref } from 'vue'

/** The keys of a list, as they are shown under `?`. */
export const listKeys: readonly (readonly [string, string])[] = [
  ['j', '下一行'], ['k', '上一行'], ['x', '选中，再按取消'], ['a', '选中列出的全部，再按取消'], ['Enter', '打开'], ['Esc', '取消选择'], ['?', '看这些键'],
]

/** Whether who presses a key is writing, or means the browser by it. */
export function writing(e: KeyboardEvent): boolean {
  const at = e.target as HTMLElement
  return e.ctrlKey || e.metaKey || e.altKey || e.defaultPrevented || /^(INPUT|TEXTAREA|SELECT)$/.test(at.tagName) && (at as HTMLInputElement).type !== 'checkbox' || at.closest('[role=dialog]') !== null
}

/**
 * Rows that are walked and chosen with mouse and keyboard. `at` is the row under
 * the cursor; what is chosen stays so until it is let go. `focus` shows the row
 * that the keys have reached.
 */
export function useRows(ids: Ref<readonly string[]>, most: number, focus: (i: number) => void) {
  const chosen = ref<ReadonlySet<string>>(new Set())
  const at = ref(-1)
  const help = ref(false)
  watch(ids, now => { at.value = Math.min(at.value, now.length - 1) }) // a list that is read again keeps what is chosen
  const full = computed(() => chosen.value.size >= most)

  function toggle(id: string) {
    const next = new Set(chosen.value)
    if (!next.delete(id) && !full.value) next.add(id)
    chosen.value = next
  }
  function all() {
    const some = ids.value.slice(0, most)
    chosen.value = chosen.value.size >= some.length ? new Set() : new Set(some)
  }
  function clear() { chosen.value = new Set() }
  function keep(left: readonly string[]) { chosen.value = new Set(left) }
  function move(by: number) {
    at.value = Math.max(0, Math.min(ids.value.length - 1, at.value + by))
    focus(at.value)
  }
  function key(e: KeyboardEvent) {
    if (writing(e)) return
    const id = ids.value[at.value]
    switch (e.key) {
      case 'j': move(1); break
      case 'k': move(-1); break
      case 'x': if (id) toggle(id); break
      case 'a': all(); break
      case 'Escape': if (help.value) help.value = false; else clear(); break
      case '?': help.value = !help.value; break
      default: return
    }
    e.preventDefault()
  }
  onMounted(() => window.addEventListener('keydown', key))
  onUnmounted(() => window.removeEventListener('keydown', key))
  return { chosen, at, full, help, toggle, all, clear, keep }
}
