package workday

import (
	"time"

	"github.com/6tail/lunar-go/calendar"

	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/memory"
)

// corrections are days that the library has otherwise than the notice. The
// whole table, 2004 to 2026, was compared day by day with a list that is kept
// apart from it (chinese-days 1.5.7); these two differed, and the notice says:
// 清明节 4 月 7 日（星期日）上班，国庆节 9 月 29 日、10 月 12 日上班.
var corrections = []struct {
	day, source string
	notice
}{
	{"2013-04-07", "国务院办公厅关于2013年部分节假日安排的通知（国办发明电〔2012〕33号）", notice{true, MakeUp}},
	{"2013-10-12", "国务院办公厅关于2013年部分节假日安排的通知（国办发明电〔2012〕33号）", notice{true, MakeUp}},
}

// statutes keeps the statutory days of years whose notice is not known yet.
var statutes = memory.New[int, map[ordinal]string](64)

// statutory is the name of a day that is off by 全国年节及纪念日放假办法, as revised
// in 2024 (国务院令第795号, in force from 2025), whatever the year's notice will
// say: it moves weekends around these days, never the days. Where one falls on a
// weekend, another day is given for it, which only the notice names.
func statutory(day time.Time) string {
	year := clock.Day(day).Year()
	days, ok := statutes.Get(year)
	if !ok {
		days = statutoryDays(year)
		statutes.Add(year, days)
	}
	return days[ordinalOf(day)]
}

func statutoryDays(year int) map[ordinal]string {
	out := map[ordinal]string{}
	add := func(name string, first time.Time, n int) {
		for i := range n {
			out[ordinalOf(first.AddDate(0, 0, i))] = name
		}
	}
	lunar := func(month, day int) time.Time { return solar(calendar.NewLunarFromYmd(year, month, day).GetSolar()) }
	add("元旦", clock.Date(year, time.January, 1), 1)
	add("春节", lunar(1, 1).AddDate(0, 0, -1), 4) // 除夕、正月初一至初三
	add("清明节", solar(calendar.NewSolarFromYmd(year, 4, 1).GetLunar().GetJieQiTable()["清明"]), 1)
	add("劳动节", clock.Date(year, time.May, 1), 2)
	add("端午节", lunar(5, 5), 1)
	add("中秋节", lunar(8, 15), 1)
	add("国庆节", clock.Date(year, time.October, 1), 3)
	return out
}

func solar(s *calendar.Solar) time.Time {
	return clock.Date(s.GetYear(), time.Month(s.GetMonth()), s.GetDay())
}
