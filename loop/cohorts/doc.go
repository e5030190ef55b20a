// Package cohorts is the 一号提案 through its three years (domain.md 4.4).
//
// The contract, which a committee clerk could check:
//
//   - A cohort is named by its handling year; prestudy is the year before, supervision the year after, and neither is stored. The phase is read off the state.
//   - A committee has one cohort of a handling year, and cohorts of several years at once.
//   - No gate is skipped, and going back asks for a reason. What a gate demands stands there in one sentence, with everything that is missing; who reads the committee's loops learns there of tasks that are still drafts, by title.
//   - Nothing is recorded on a day that has not come.
//   - A direction says from which of the sources it comes. A think tank's opinion on it is recorded, and holds up nothing.
//   - Research is begun at a meeting that the chair of the CPPCC chairs, over at least one direction, and goes on when each direction that was kept has a lead organisation.
//   - Two or three candidates, each with its report and the think tank's opinion, stand for choice. Exactly one is chosen, by a recorded decision of the party group or the chair's meeting; the others are kept, and free to return as a direction of the next year or as an ordinary proposal.
//   - The designation as 一号提案 may come before or after the proposal is handed in. Both are there, and the proposal is filed, before the handling is deployed.
//   - A cohort has one real proposal of its own committee, and a proposal belongs to at most one cohort.
//   - The handling is deployed at a meeting that the head of the government chairs; who leads it and who supervises it are two posts.
//   - The consultation on taking responsibility and the one on solving problems are two different meetings: the first when the tasks (六定) have been issued and each unit has one, the second when each unit has signed and each task is accepted. A task that is declined, a draft again, holds up the second.
//   - An assisting unit holds up nothing (trap 8): it needs no task, no signature and no result.
//   - Accounts begin after a consultation on solving problems, when each problem has an owner. The standing committee hears when each node whose day has come is reported or explained; a node of a day to come is no reason to wait.
//   - An appraisal is the result of a secret ballot on this cohort that began on or after the day of the hearing, has closed, and asked about each responsible unit: numbers of valid, invalid, abstained and absent for each unit and dimension. Who voted what is not asked.
//   - Supervision begins when the report has gone to the party committee and to the government, and the cohort has an item in the approved supervision plan of that year, which is derived.
//   - The symposium cannot be recorded without a proposer, an expert and a unit.
//   - Deepened recommendations are numbered versions; none replaces an older one.
//   - A loop closes when each problem has a cause, an agreed solution and a day, and is solved or explained, and each task is verified, explained or withdrawn. Else it is extended, with a reason, by another year of supervision with an item in that year's plan; its tasks stay.
//   - Staff who may read cohorts see them, nobody else; no unit owns one.
//   - A loop that began on a former version of the process goes on by its rules.
//   - What an action records, and in which stage gates find it, is said by the version of the process, or by the effect that does more than record. A version whose gate asks for a record that no action makes is not published.
//
// The process is data (tenants/templates/cohort.yaml); this package registers
// the guards (pure, rules*.go) and effects (effects.go, records.go, link.go,
// appraisal.go) that it names, and what former versions named or left to the
// action's code (former.go). An action carries
// the exit guards of the state that it leaves. A state that is entered by
// recording a meeting needs no guard that the meeting was held.
//
// Tasks and plans are matters of other nouns that refer to the cohort or to
// which it refers; ballots come through Appraisals.
package cohorts
