/**
 * A page that listens keeps its session alive by itself, so the server cannot
 * see that nobody is there: the page leaves when nobody has touched it for as
 * long as the committee allows. Tabs tell each other that somebody is here.
 */
const key = 'touched'
let leaving: ReturnType<typeof setInterval> | undefined
let told = 0

function touched() {
  const now = Date.now()
  if (now - told < 5000) return
  told = now
  localStorage.setItem(key, String(now))
}

export function leaveWhenIdle(minutes: number, leave: () => void) {
  if (!leaving) for (const what of ['pointerdown', 'keydown', 'scroll', 'touchstart']) window.addEventListener(what, touched, { capture: true, passive: true })
  clearInterval(leaving)
  told = 0
  touched()
  leaving = setInterval(() => {
    if (Date.now() - Number(localStorage.getItem(key) ?? 0) < minutes * 60_000) return
    clearInterval(leaving)
    leave()
  }, 10_000)
}
