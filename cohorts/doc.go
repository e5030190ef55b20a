// Package cohorts is the 一号提案 through its three years (domain.md 4.4).
//
// The contract, which a committee clerk could check:
//
//   - A cohort is named by its handling year; prestudy is the year before, supervision the year after, and neither is stored. The phase is read off the state.
//   - A committee has one cohort of a handling year, and cohorts of several years at once.
//   - No gate is skipped, and going back asks for a reason.
//   - Nothing is recorded on a day that has not come.
//   - Research is begun at a meeting that the chair of the CPPCC chairs, over at least one direction, and goes on when each direction that was kept has a lead organisation.
//   - Two or three candidates, each with its report and the think tank's opinion, stand for choice. Exactly one is chosen, by a recorded decision of the party group or the chair's meeting; the others are kept.
//   - The designation as 一号提案 may come before or after the proposal is handed in. Both are there, and the proposal is filed, before the handling is deployed.
//   - A cohort has one real proposal of its own committee, and a proposal belongs to at most one cohort.
//   - The handling is deployed at a meeting that the head of the government chairs; who leads it and who supervises it are two posts.
//   - The consultation on taking responsibility and the one on solving problems are two different meetings: the first when units have been assigned, the second when each of them has signed.
//   - An assisting unit holds up nothing (trap 8): of the others each has accounted for its part before the standing committee hears, and each has its result of the appraisal.
//   - An appraisal is counts for each unit that add up to those present; who voted what is not asked.
//   - A problem found while handling has an owner before the accounts begin.
//   - Supervision begins when the report has gone to the party committee and to the government; the year of its plan is derived.
//   - The symposium cannot be recorded without a proposer, an expert and a unit.
//   - Deepened recommendations are numbered versions; none replaces an older one.
//   - A loop closes when each problem has a cause, an agreed solution and a day, and is solved or explained. Else it is extended, with a reason, by another year of supervision.
//   - Staff who may read cohorts see them, nobody else; no unit owns one.
//
// The process is data (tenants/templates/cohort.yaml); this package registers
// the guards (pure, rules.go) and effects (effects.go, link.go) that it names.
// An action carries the exit guards of the state that it leaves. A state that
// is entered by recording a meeting needs no guard that the meeting was held.
package cohorts
