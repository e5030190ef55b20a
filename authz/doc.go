// Package authz says who may do what.
//
// The contract, which a committee clerk could check:
//
//   - A right is a role, an object, an action and a data scope. casbin's model and policy (model.conf, policy.csv) are the one source; the table that decides is compiled from them, and a test compares the two.
//   - A person may have several memberships; a token names one committee and one membership, and rights come from that membership alone.
//   - A role is granted for a time. The day after the last it is worth nothing, without a restart.
//   - Scope belongs to the permission: OWN what I brought in, PARTY what I am party to, UNIT what belongs to my units and those below, TENANT all of my committee.
//   - Two roles do not add up: the scope of reading is not the scope of deciding.
//   - A committee has roles of its own beside the shipped ones, and its own names for these; what they allow is compiled for it alone (docs/adr/0042).
//   - A role may count in one unit, on some kinds, platforms or states only. Then the person is another viewer there (parts.go); as a whole he holds what counts everywhere.
//   - A post may carry a role: whoever sits there holds it in that unit, from the first day of his seat to the last.
//   - Drafts and proposals being co-signed are seen by their parties only, whatever the scope.
//   - A handling unit sees its own share, and the whole case only where it leads; an assisting unit's opinion is seen by the lead, the offices and itself, never by the proposer.
//   - By what a matter belongs to a unit, or to a person, is one list (ties.go), in SQL and over a matter in memory: who sees it, who may act, who has it to do and who is reminded are read from it.
//   - What may be a secret is seen by who made it, its parties, and who may say so of it over all of the committee; after it was refused for that reason too.
//   - A part that is reached by way of another is seen by its own matter; a list that is filtered by parts asks for those that the viewer sees.
//   - Which objects of rights are kinds of matter is read from policy.csv: those with "read", but the desks.
//   - What is not visible looks exactly like what does not exist.
//   - Work done by the engine for a person (checks, effects, jobs) reads with System, inside the tenant; what it answers to the person is read again as the person.
package authz
