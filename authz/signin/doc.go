// Package signin is what a committee asks of who signs in: values and pure
// functions, without a database. A Policy is what it has decided, over a floor of
// the installation; a Rule is what follows of it for one person; a Standing is
// how the person and his session stand.
//
//   - Where the committee has decided nothing, who manages, audits, reads all contents or decides alone needs a second factor.
//   - What the committee has decided never asks for less than the installation's floor.
//   - Who lacks what is asked has the days of grace, counted from when it was first asked of him; then he can do nothing but set it.
//   - A password that is too old can do nothing but be changed.
//   - A session ends when it was not used for the idle time, and in any case at the end of the absolute one.
//   - Where only one session is allowed, the later one ends the earlier.
package signin
