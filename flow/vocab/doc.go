// Package vocab is the vocabulary in which committees write their own
// processes: guards, relations and effects that any definition may use.
//
// The contract:
//
//   - Every word has one sentence in Chinese and arguments with their meaning; Print lists them, so the documentation is what runs.
//   - What a word can never do where it is used is found at publication: a kind that does not exist, a field that the form does not have, an expression that does not compile, a number series, checklist or deadline that nobody defined.
//   - A guard looks at the case in memory and changes nothing. Before the form is filled in, a guard about the form objects to nothing.
//   - An expression (when) reads the form, the saved data, the day, number, title and source, and nothing else. It takes at most 10,000 steps and 100 ms; what fails in it fails the guard.
//   - An effect writes in the action's transaction. An id in a form names something of this case, or a unit, venue or person of this committee; anything else is INVALID_INPUT at its place.
//   - What is there already is not doubled: a party, an attendance, a link, a score, a number, a running deadline.
//   - A telephone number is kept with its party and nowhere else.
//   - Nobody is told of what he cannot see, and of a concealed visit only its own people.
//
// It knows no committee: what differs between them are arguments.
package vocab
