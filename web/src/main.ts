import urql from '@urql/vue'
import { createPinia } from 'pinia'
import { createApp, watch } from 'vue'
import { client } from './api/client'
import './shell/base.css'
import App from './shell/App.vue'
import { router } from './shell/router'
import { waiting } from './shell/waiting'

const app = createApp(App).use(createPinia()).use(urql, client).use(router)
let mounted = false
function mount() {
  if (!mounted) app.mount('#app')
  mounted = true
}
// The first page comes when it is known which; what it waits for is said before.
void router.isReady().then(mount)
watch(waiting, why => { if (why) mount() })
