import { createRouter, createWebHistory, type RouteRecordRaw } from 'vue-router'
import { routes as admin } from '../admin/routes'
import { routes as desk } from '../desk/routes'
import { routes as find } from '../find/routes'
import { routes as loop } from '../loop/routes'
import { routes as matter } from '../matter/routes'
import { routes as me } from '../me/routes'
import { routes as platform } from '../platform/routes'
import { useSession } from './session'
import { waitUntilReady } from './waiting'

declare module 'vue-router' {
  interface RouteMeta {
    /** What the page is called, in the browser's tab and at the head of the phone. */
    title?: string
    /** May be seen by who is not signed in. */
    open?: boolean
    /** One page under several paths: it goes on living when the path changes among them. */
    one?: string
  }
}

const own: RouteRecordRaw[] = [
  { path: '/sign-in', component: () => import('./SignIn.vue'), meta: { title: '登录', open: true } },
  { path: '/activate', component: () => import('./Activate.vue'), meta: { title: '启用账号', open: true } },
  { path: '/first', component: () => import('../me/First.vue'), meta: { title: '登录以前先办', open: true } },
  { path: '/:nowhere(.*)*', component: () => import('./Nowhere.vue'), meta: { title: '没有这个页面' } },
]

export const router = createRouter({
  history: createWebHistory(),
  routes: [...desk, ...find, ...platform, ...loop, ...admin, ...matter, ...me, ...own],
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
})

router.beforeEach(async to => {
  const session = useSession()
  if (session.viewer || to.meta.open) return true
  if (await waitUntilReady(session.begin)) return true
  if (session.first) return '/first'
  return { path: '/sign-in', query: to.fullPath === '/' ? {} : { to: to.fullPath } }
})

router.afterEach(to => { document.title = (to.meta.title ? to.meta.title + ' · ' : '') + '闭环' })

// A new build has other files: the page is loaded again, at the place where one wanted to go.
router.onError((e, to) => {
  if (/dynamically imported module|Importing a module script failed|Unable to preload/.test(String(e))) window.location.assign(to.fullPath)
})
