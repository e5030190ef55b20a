package obligations

import (
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/bihuan/bihuan/flow/deadline"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/workday"
)

// How often something is asked.
const (
	Once    = "ONCE"
	Year    = "YEAR"
	Half    = "HALF_YEAR"
	Quarter = "QUARTER"
)

// months are how many a period has.
var months = map[string]int{Year: 12, Half: 6, Quarter: 3}

// Clock is when something is asked: at most one of By, ByDay and Within; none of
// them is the last day of the period.
type Clock struct {
	Every    string     `json:"every"`
	By       *time.Time `json:"by,omitempty"`       // of what is asked once
	ByDay    string     `json:"byDay,omitempty"`    // of each year, as 12-31
	Within   int        `json:"within,omitempty"`   // days from the beginning of the period; of what is asked once, from when one owes
	Workdays bool       `json:"workdays,omitempty"` // Within counts them
	Joins    int        `json:"joins,omitempty"`    // who joins owes where so many days are left; 0: half of the period
	Remind   []int      `json:"remind,omitempty"`   // days before the due day
}

var (
	codeForm = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)
	dayForm  = regexp.MustCompile(`^\d\d-\d\d$`)
)

const (
	mostDays  = 3660
	mostRungs = 10
)

func (c *Clock) check(bad func([]string, string, ...any)) {
	set := 0
	for _, is := range []bool{c.By != nil, c.ByDay != "", c.Within != 0} {
		if is {
			set++
		}
	}
	switch {
	case c.Every != Once && months[c.Every] == 0:
		bad([]string{"every"}, "时间只能是一次、每年、每半年或每季度")
	case set > 1:
		bad([]string{"every"}, "截止日期只写一种：某一天、每年的某月某日，或多少天以内")
	case c.Every == Once && c.By == nil && c.Within == 0:
		bad([]string{"by"}, "只做一次的，写明在哪一天以前，或多少天以内")
	case c.Every != Once && c.By != nil:
		bad([]string{"by"}, "每年、每季度都要做的，不能截止到某一个日期")
	case c.ByDay != "" && c.Every != Year:
		bad([]string{"byDay"}, "每年的某月某日只用于每年做一次的")
	case c.Workdays && c.Within == 0:
		bad([]string{"workdays"}, "按工作日计的，写明多少个工作日以内")
	}
	if c.ByDay != "" {
		if _, err := time.Parse(time.DateOnly, "2024-"+c.ByDay); err != nil || !dayForm.MatchString(c.ByDay) {
			bad([]string{"byDay"}, "日期写成 12-31 这样的月和日")
		}
	}
	if c.Within < 0 || c.Within > mostDays || c.Every != Once && c.Within > months[c.Every]*30 {
		bad([]string{"within"}, "天数在 1 至 %d 之间，并且不超出一期", mostDays)
	}
	if c.Joins < 0 || c.Joins > 366 {
		bad([]string{"joins"}, "天数在 1 至 366 之间")
	}
	if len(c.Remind) > mostRungs || slices.ContainsFunc(c.Remind, func(n int) bool { return n < 0 || n > 366 }) {
		bad([]string{"remind"}, "提醒至多 %d 次，每次在截止前 0 至 366 天", mostRungs)
	}
	slices.Sort(c.Remind)
	c.Remind = slices.Compact(c.Remind)
}

// Period is one round of what is asked again and again.
type Period struct{ From, To time.Time }

// period is the one in which a day lies. Of what is asked once there is one only,
// which begins when the obligation does.
func (c *Clock) period(day, first time.Time) Period {
	n := months[c.Every]
	if n == 0 {
		return Period{first, clock.Date(9999, 12, 31)}
	}
	from := clock.Date(day.Year(), time.Month((int(day.Month())-1)/n*n+1), 1)
	return Period{from, from.AddDate(0, n, -1)}
}

// due is the last day in time for who owes since a day.
func (c *Clock) due(p Period, since time.Time, cal workday.Calendar) time.Time {
	switch {
	case c.By != nil:
		return *c.By
	case c.ByDay != "":
		d, _ := time.Parse(time.DateOnly, fmt.Sprintf("%04d-%s", p.From.Year(), c.ByDay))
		if d.IsZero() { // 29 February
			d = clock.Date(p.From.Year(), 2, 28)
		}
		return clock.Day(d)
	case c.Within > 0:
		base := p.From.AddDate(0, 0, -1)
		if c.Every == Once {
			base = since
		}
		b := deadline.Budget{Key: "obligation", Base: clock.StartOf(base), Amount: c.Within, Unit: deadline.CalendarDay}
		if c.Workdays {
			b.Unit = deadline.Workday
		}
		if d, ok := b.Due(cal); ok {
			return clock.Day(d)
		}
	}
	return p.To
}

// asks reports whether somebody who owes since a day is asked in a period that is
// due on a day: enough of it is left.
func (c *Clock) asks(p Period, since, due time.Time) bool {
	if since.After(due) {
		return false
	}
	if c.Every == Once || !since.After(p.From) {
		return true
	}
	left := days(since, due)
	if c.Joins > 0 {
		return left >= c.Joins
	}
	return 2*left >= days(p.From, due)
}

// days counts from one day to another, both included.
func days(from, to time.Time) int { return int(to.Sub(from)/(24*time.Hour)) + 1 }

func (c *Clock) says() string {
	every := map[string]string{Once: "", Year: "每年", Half: "每半年", Quarter: "每季度"}[c.Every]
	unit := "天"
	if c.Workdays {
		unit = "个工作日"
	}
	switch {
	case c.By != nil:
		return c.By.Format("2006年1月2日") + "以前"
	case c.ByDay != "":
		d, _ := time.Parse(time.DateOnly, "2024-"+c.ByDay)
		return every + d.Format("1月2日") + "以前"
	case c.Within > 0 && c.Every == Once:
		return fmt.Sprintf("到任后 %d %s以内", c.Within, unit)
	case c.Within > 0:
		return fmt.Sprintf("%s开始后 %d %s以内", every, c.Within, unit)
	}
	return every
}
