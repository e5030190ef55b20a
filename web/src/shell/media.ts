import { ref, type Ref } from 'vue'

/** Whether a media query holds, followed for as long as the page lives. */
export function useMediaQuery(query: string): Ref<boolean> {
  const list = window.matchMedia(query)
  const holds = ref(list.matches)
  list.addEventListener('change', e => { holds.value = e.matches })
  return holds
}
