// Package tasks is the 六定 task: unit, leader, officer, duty, due day and
// effect, each a field of its own (domain.md DL-03 to DL-05, 4.4, traps 15 and
// 24), from its draft to what was verified, in the committee's own units and
// across to other committees.
//
// The contract, which a committee clerk could check:
//
// # One task
//
//   - A task belongs to an open loop, or comes from a task that the viewer performs.
//   - A draft may miss anything but its title; what is missing is named one by one before it is issued.
//   - A task is one committee's or one unit's, never both.
//   - No day of a task or of its nodes has passed when it is issued, no node is later than its task, and the task is not over ten years ahead.
//   - A new draft is seen by who drafted it; one that was declined by all staff of tasks and its unit.
//   - Who is to act is told, and the unit's people see the task when it has been issued.
//   - The unit's people accept, decline with a reason, and report; who issued never does it for them.
//   - A node is reported with a day that has come and a text; attached files are named in the report in which they first count.
//   - A reported node is accepted, done or explained as it was reported, or returned with a reason and owed again.
//   - The nearest node that is owed has its deadline, and so has the task; each is the day that was agreed.
//   - A task is reported when every node is, and every task that it was broken down into has ended.
//   - A task is done when it was reported as done and every node is settled; else it is explained, with who accepted it, or sent back with a reason.
//   - A task is postponed to a later day with a reason; both days stay on record.
//   - A withdrawn task takes along those that it was broken down into.
//
// # Across
//
//   - A task for another committee goes with all its fields and nodes, and with the loop's title and year.
//   - There it is a matter of that committee's own, with the origin beside it; its people accept it, break it down and report.
//   - Changing or verifying a received task is the sender's alone, and what it decides arrives by envelope.
//   - A committee that declines brings it back to the draft at the sender; issued again it goes on in the same matter.
//   - A task that is issued elsewhere, or withdrawn, ends at the committee that had it, whatever that one is doing with it.
//   - What concerns a closed task, a node that the task does not have, or another committee's task is refused.
//   - So is a word that is longer, of another year or about more nodes or files than a program of ours would send.
//   - What a committee that had the task before still lets be known changes nothing of what is seen of it.
//   - Without an agreement that lets it cross nothing is issued.
//   - Who imports a file of envelopes has not written what they bring.
//   - An envelope of these kinds has its effect exactly once, wherever the delivery dies.
//
// The process is data (tenants/templates/task.yaml). What an action tells the
// other committee, and says to who acts next, are arguments there, checked at
// publication (words.go); version 1 left it to the action's code. Actions that
// people take and their counterparts for what envelopes bring share their
// effects, and what an effect records is the effect's own. Numbers
// of rows stay small: a task has one TASK item and its NODE items below it.
package tasks
