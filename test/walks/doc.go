// Package walks shows that nothing stands still. It walks at random over every
// shipped process: whoever is there does one of the things that he may, forms
// are filled in from their schemas, and in between people leave and come back,
// roles are revoked, units are renamed, merged and closed, and the clock moves
// on. After every step the sentence
// holds for every open matter and every open share: somebody is there who can
// sign in, whose to-do it is and who has an action that nothing blocks; or a
// clock runs that leads on; or it is another committee's turn; or it was handed
// to a guardian, who was told why.
//
// Besides, no act gives one person two messages of one matter; and what is offered
// is what is accepted, whoever asks, with roles of the committee's own.
//
// A walk is its seed: one that fails prints it with its steps, and WALKS_SEED
// walks it again. `make walks` walks hundreds a kind.
package walks
