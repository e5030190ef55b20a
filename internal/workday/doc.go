// Package workday knows China's working days.
//
// A day is a Shanghai day as package clock makes it; an instant is taken as
// the Shanghai day it falls on.
//
// Monday to Friday are working days, Saturday and Sunday are not, unless the
// State Council's yearly notice (国务院办公厅节假日安排) says otherwise: holidays
// are off, and 调休 days are worked although they fall on a weekend. The
// notices come with github.com/6tail/lunar-go. A calendar may also carry days
// of one's own, and those win over the notice.
//
// A notice exists for the years up to CoveredUntil. For later years the days
// that the law itself gives are known (全国年节及纪念日放假办法: 1 January, 除夕 to
// 正月初三, 清明, 1 and 2 May, 端午, 中秋, 1 to 3 October); what a notice moves
// around them is not guessed, and a walk through such a year says so. The
// last days of the last covered year may still be touched by the next notice,
// which can make a day of late December a 调休 day (as 2018-12-29 was).
//
// "Within n working days" leaves out the base day: the first working day after
// it is day one, so the base day itself may be a day off. Counting backwards
// ("n working days before") leaves it out in the same way.
//
// Everything here is a pure value: no clock is read and nothing is stored. A
// date given to somebody has to be stored by whoever gave it, because a later
// table, or a new day of one's own, would count to another one.
package workday
