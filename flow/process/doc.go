// Package process is the paper: a process as text and value, before anything is
// done with it.
//
// The contract, which a committee clerk could check:
//
//   - A process is data: states, actions, who may act, what must be true first, what the form asks, deadlines and reminders stand in a versioned definition.
//   - A text that is too large, too deep or otherwise harmful is refused before it costs anything, in words that name the line and what to do.
//   - A full-width sign where a half-width one belongs, and a character that nobody sees, is named with its line and its place in it. What was published before is read as it stands.
//   - Every item of a definition is explained where it is declared; the reference, the JSON Schema for editors and the messages about what does not exist are made of that.
//   - What a message refuses of a list, it names the list: items, words, arguments, roles, states.
//   - A deadline counts from what the matter has: a base or chooser says for which kinds, and whether for a unit's share; how long is more than nothing.
//   - A definition proves that its loop closes before it is used: every state can be reached, an end can be reached from every state, every action has a role that somebody can hold, every guard, effect and deadline exists.
//   - A committee's own process uses the rights and rules that are for all, and addresses roles, parties or units; what nobody in office can do is pointed out.
//   - Every rule is a word: its name, what it says, its arguments and what can be found wrong with its use. What carries it out is package flow's.
//   - What a form asks is checked field by field, and the answer names the field.
//   - A committee's settings are laid over the shipped ones; what is unknown or cannot be is refused by name.
//   - Two versions can be compared, a definition drawn, and matters run through it dry, without anything being written.
//
// Everything here is a value or a pure function: no database, no case, no
// clock of its own.
package process
