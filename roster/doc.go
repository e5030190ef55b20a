// Package roster is who is who and when is when: persons, units, seats,
// rights, terms, sittings, the committee's own days and its settings.
//
// The contract, which a committee clerk could check:
//
//   - Who may: roster.manage for persons, units and seats, grants.manage for rights, settings.manage for terms, sittings, days and settings; and only in the committee where one is signed in.
//   - Nothing is deleted but what an import added and somebody undid before anything was built on it (package imports). What ends keeps its days; what is renamed or merged stays as predecessor of what follows.
//   - Whoever looks before he writes writes alone: changes of one committee's roster happen one after the other.
//   - Who acts on an old version of a person or unit is told so and changes nothing.
//
// Terms, sittings, days, settings
//
//   - The first term and the first sitting may have any ordinal; later ones have the next and begin after the previous ended.
//   - A sitting goes: collecting opens, the sitting opens, the deadline of plenary proposals, the sitting closes. It lies within its term; collecting may begin before.
//   - A sitting may be postponed until its list of proposals is published, its deadline only until it has passed.
//   - The list is published once, after the deadline of plenary proposals.
//   - A day of one's own is today or later; changed is only what lies in the future.
//   - Settings are versions that are never changed; a version does not begin before the one it follows, changes what it names and keeps the rest. A key that no process names is refused.
//
// Units
//
//   - A unit stands in one of three trees (organisation, venue, handling) by its kind, and its parent in the same.
//   - A unit's name is unique among those that stand beside it; closed units do not count.
//   - A unit is never below itself.
//   - A renamed unit is closed and followed by a new one; its people and the units below go over, and what was addressed to it stays in their hands, since the successor is its heir (docs/adr/0021-who-follows-a-unit.md).
//   - A merged unit goes over into an existing one in the same way.
//   - A unit for which matters wait is not closed without a unit that takes over; which matters wait can be seen before.
//   - A unit with units below is not closed.
//
// Persons
//
//   - A member of the committee belongs to a term; the number on the card is used once a term and is not the person's number.
//   - One account may have memberships in several committees, and one in each. Its owner joins a second one by his own consent: he is invited, and until he accepts nothing changes for him. Whether a login is in use elsewhere an administrator does not learn.
//   - A person sits in one 界别, has one primary committee, and any number of other seats.
//   - A person changes of himself what the committee's setting ownDetails lets him: at once, or when who keeps the roster has accepted it; a number to which the committee sends messages by a code. Who refuses says why.
//   - Whose membership ends loses seats and rights with it; who comes back gets neither of them back by that.
//
// Rights (docs/adr/0005-granting-rights.md)
//
//   - A role of the committee's own is made, changed and ended version by version; what rules others only who holds it gives, and it takes two (docs/adr/0042-own-roles.md).
//   - Nobody changes a role so that he himself may more, or seats himself where a role comes with the post.
//   - A role is not taken from who holds it, or from matters and processes that need it, without their being shown.
//   - Roles of the committee are given, from today on at the earliest, and never to oneself.
//   - A role that manages, audits, reads personal data or all contents of some kind is given by two: one proposes, and the right is worth nothing until another administrator confirms, who is neither the proposer nor the receiver.
//   - Such a right is given to who has an account already, so that no other account is put behind it later.
//   - Nobody reads the book and rules others at once, not even proposed.
//   - Neither of the two has seen the receiver's activation word, and the receiver has activated his account (S2).
//   - What was taken away is worth nothing from that moment, and one is enough to take away; but another administrator and the last auditor end by two.
//   - An account for who holds roles, and a new word for him, take two.
//   - There is always an administrator who can sign in and whose right has no end.
//   - What a change would give and take can be seen before it is made.
//   - The last holder of a role for which matters wait does not lose it, go or rest before somebody is named who takes over: who stands in anyway, or who is given the role (docs/adr/0025-who-takes-over.md).
//   - Where there are no two, the operator of the installation is the second (Operator).
//
// Every method runs in the transaction that its caller opened, who rolls back
// on an error, and does not write the audit record; reasons that are asked for
// are for that record.
// Days are days in Asia/Shanghai; the last day is included.
package roster
