// A page as small as can be: one matter, its state, the buttons that one has,
// and what others do to it.
import { CookieSession, MatterPageDocument, PerformDocument, CreateProposalDocument, asked, asking } from '/two/client/index.js'
import { changes } from '/two/client/live.js'

const session = new CookieSession({ url: location.origin })
const ask = async (document, variables) => asked(await session.fetch(session.endpoint, asking(document, variables)))
const put = (id, text) => { document.getElementById(id).textContent = text }

async function show(id) {
  const { matter } = await ask(MatterPageDocument, { id })
  put('state', matter?.stateInfo.code ?? '')
  const buttons = document.getElementById('buttons')
  buttons.replaceChildren(...(matter?.availableActions ?? []).map(a => {
    const b = document.createElement('button')
    b.textContent = a.label
    b.dataset.action = a.code
    b.onclick = async () => {
      const form = a.code === 'startReview' ? { disposition: 'FILED' } : undefined
      const { performAction } = await ask(PerformDocument, { input: { matterId: id, action: a.code, form } })
      put('faults', performAction.userErrors.map(e => e.message).join())
      put('did', String(Date.now()))
    }
    return b
  }))
}

window.signIn = async (login, password) => {
  const { cookie, choices } = await session.signIn(login, password)
  if (!cookie) await session.choose(choices[0].membershipId)
  put('who', login)
}

window.draft = async title => {
  const { createProposal } = await ask(CreateProposalDocument, { input: {
    proposerKind: 'INDIVIDUAL', title, situation: '夜间客流离场时公交已停运。', analysis: '末班车时间与营业时间脱节。', suggestions: ['末班车延至二十三时'] } })
  return createProposal.matter.id
}

// Shows the matter, and listens from then on.
window.watch = async id => {
  for await (const change of changes(session, { matters: [id], todos: true, notices: true })) {
    if (!document.getElementById('heard').textContent) put('listening', 'yes')
    if (change.matters.some(m => m.id === id) || !document.getElementById('state').textContent) {
      put('heard', String(Date.now()))
      await show(id)
    }
    if (change.todos) put('todos', String(change.todos.count))
  }
}
