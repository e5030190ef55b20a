// Package flow says what happens next.
//
// The contract, which a committee clerk could check:
//
//   - A process is data: states, actions, who may act, what must be true first, what the form asks, deadlines and reminders stand in a versioned definition. A running matter stays on the version it started with, until somebody moves it to another one of the same kind, with a reason; what was recorded stays, and its step names both versions.
//   - What may be done now is computed by the code that does it, so a frontend needs no rule of its own.
//   - Every way out of a state is a checklist that names all that is missing, whose turn it is and until when, to whoever reads all of the committee's matters of the kind or may pass it himself.
//   - What an envelope brings is carried out by the engine under the sender's name; nobody who is signed in may ask for it.
//   - A committee gets what the product ships and it lacks; its own version stays the one with which matters begin.
//   - An action happens whole or not at all: state, effects, timers, the step of the timeline and the audit stand in one transaction.
//   - Two people acting on one matter act one after the other; who acts on an old version is told so and changes nothing.
//   - Every waiting state has somebody whose turn it is, and a deadline or the reason why it has none.
//   - A deadline is a budget that can be suspended, extended and explained; its published day never changes because a calendar was corrected.
//   - A reminder fires once, however often the job runs.
//   - A definition proves that its loop closes before it is used: every state can be reached, an end can be reached from every state, every action has a role that somebody can hold, every guard, effect and deadline exists.
//   - A text that is too large, too deep or otherwise harmful is refused before it costs anything, in words that name the line and what to do.
//   - A committee's own process uses the rights and rules that are for all, and addresses roles, parties or units; what nobody in office can do is pointed out.
//   - Two versions can be compared, a definition drawn, and matters run through it dry, without anything being written.
//
// Rules (guards, choosers) are pure functions over a Case, the matter with all
// its parts in memory; the engine reads and writes around them.
package flow
