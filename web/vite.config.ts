import vue from '@vitejs/plugin-vue'
import components from 'unplugin-vue-components/vite'
import { ElementPlusResolver, VantResolver } from 'unplugin-vue-components/resolvers'
import { defineConfig, type Plugin } from 'vite'

/** Vant's icons come as a font from another host. This console draws its own; the strict policy would refuse it anyway. */
const noForeignFont: Plugin = {
  name: 'no-foreign-font',
  enforce: 'pre',
  transform: (code, id) => /vant\/.*\.css/.test(id) ? code.replace(/@font-face\s*\{[^}]*\}/g, '') : undefined,
}

export default defineConfig({
  plugins: [
    noForeignFont,
    vue(),
    components({ dirs: [], dts: 'src/api/gql/components.d.ts', resolvers: [ElementPlusResolver({ importStyle: 'css' }), VantResolver()] }),
  ],
  build: {
    target: ['chrome86', 'safari14.1'],
    manifest: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: { proxy: Object.fromEntries(['/graphql', '/files', '/t', '/readyz', '/ledger'].map(p => [p, process.env.BIHUAN_URL ?? 'http://127.0.0.1:8080'])) },
})
