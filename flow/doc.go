// Package flow says what happens next.
//
// The contract, which a committee clerk could check:
//
//   - What may be done now is computed by the code that does it, so a frontend needs no rule of its own.
//   - A running matter stays on the version it started with, until somebody moves it to another one of the same kind, with a reason; what was recorded stays, and its step names both versions.
//   - Every way out of a state is a checklist that names all that is missing, whose turn it is and until when, to whoever reads all of the committee's matters of the kind or may pass it himself.
//   - What an envelope brings is carried out by the engine under the sender's name; nobody who is signed in may ask for it.
//   - A committee gets what the product ships and it lacks; its own version stays the one with which matters begin.
//   - An action happens whole or not at all: state, effects, timers, the step of the timeline and the audit stand in one transaction.
//   - Two people acting on one matter act one after the other; who acts on an old version is told so and changes nothing.
//   - Every waiting state has somebody whose turn it is, and a deadline or the reason why it has none.
//   - Whose turn it is is who is meant by the state and has something to do now that nothing blocks; it is on his list with the day of what he owes, and he is told once.
//   - Whose case it is hears of each step that he may see; nobody is told of what he did himself, or of what he may not see.
//   - Nothing stands still: what nobody is left for goes to who stands in, at last to the guardian of its kind, who is told why.
//   - A deadline is a budget that can be suspended, extended and explained; its published day never changes because a calendar was corrected.
//   - What a kind of matter is says its noun in one value (Kind); a committee's own kinds have the general one, and a shipped kind that nobody declared stays shut.
//   - A version that lacks a state or an action that Go code names is not published.
//   - A reminder fires once, however often the job runs.
//
// What a definition is and whether its loop closes is package flow/process's,
// the paper; it knows every rule as a word. Here each word has its function.
// Rules (guards, choosers) are pure functions over a Case, the matter with all
// its parts in memory; the engine reads and writes around them. Rules are
// registered without a database (Rules); what an effect needs beside it, such
// as the exchange, is a Port that assembly gives to the engine.
package flow
