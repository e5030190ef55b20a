// Package deadline keeps a deadline as a budget of time rather than as a date:
// so much, in such a unit, counted from such an event. The date follows from
// the budget and the calendar, and can explain itself to a clerk.
//
// Counting (domain.md 5):
//
//   - Days are Shanghai days. The day of the base event is not counted.
//   - Working days follow the State Council's calendar with 调休 and the
//     committee's own days. Calendar days count every day.
//   - Months end on the same day of the month, or on the month's last day.
//   - A fixed date is what it says. Hours are the only unit whose due is an
//     instant; every other due is a day, and the whole of that day is in time.
//   - A due day that is a day off stays where it is. Only a count of working
//     days avoids days off.
//   - A negative amount counts back from the base event (15 working days before
//     a meeting).
//
// Extensions move the due date from where it stands when they are granted; the
// original one, without extensions, can still be asked for. They never shorten.
//
// A suspension keeps what remains. The day it begins still counts as used; what
// remains is counted from the day of resumption, which like a base day is not
// counted. A budget in working days keeps its remaining working days; every
// other budget is moved by the number of calendar days it was paused. So a
// budget suspended on its last day is due on the day it is resumed, and one
// suspended and resumed on the same day has not changed. While it is suspended
// there is no due date. A suspension that begins after the due date changes
// nothing: what is late stays late. Nor does one move a date counted back from
// its base event: that moves with the event. Extensions and suspensions apply
// in the order of their days; on the same day the extension comes first.
//
// A budget whose base event has not happened is not running and has no due
// date. A new unit gets a new budget, not a changed one.
//
// A reminder ladder has rungs at so many calendar days before or after the due
// day. Reached lists the rungs whose day has come; that each is sent once is
// the business of whoever sends.
//
// Everything here is a value: nothing is stored, no clock is read. A due date
// that was given to somebody is stored by whoever gave it, together with its
// explanation, so that a corrected calendar does not move it.
package deadline
