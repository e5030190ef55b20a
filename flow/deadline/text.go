package deadline

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/workday"
)

// Text is the explanation as one Chinese sentence for a clerk.
func (e Explanation) Text() string {
	switch e.State {
	case Invalid:
		return "时限设置有误，无法计算截止日，请联系管理员检查。"
	case NotStarted:
		return "尚未起算：" + e.opening() + "。"
	}
	parts := []string{e.opening()}
	parts = append(parts, e.changed()...)
	parts = append(parts, e.counted()...)
	parts = append(parts, e.conclusion()...)
	return strings.Join(parts, "；") + "。"
}

// opening is the budget itself and where it would end if nothing had happened.
func (e Explanation) opening() string {
	event, base := e.Event, e.Base.chinese()
	switch {
	case e.Unit == FixedDate:
		return "截止日定为" + e.First.chinese()
	case e.State == NotStarted && event == "":
		event = "起算事项"
	}
	end := ""
	switch {
	case e.State == NotStarted:
	case e.Amount <= 0:
		end = "，即" + e.First.chinese()
	default:
		end = "，至" + e.First.chinese()
	}
	switch {
	case e.Amount < 0:
		return base + event + "前" + quantity(-e.Amount, e.Unit) + end
	case e.Amount == 0 && e.Unit == Hour:
		return base + event + "当时" + end
	case e.Amount == 0:
		return base + event + "当日" + end
	}
	return "自" + base + event + "起" + quantity(e.Amount, e.Unit) + end
}

// counted is what the calendar did, over the whole count.
func (e Explanation) counted() []string {
	var parts []string
	if len(e.Skipped) > 0 {
		parts = append(parts, "其间不计"+e.grouped(e.Skipped))
	}
	if len(e.Added) > 0 {
		parts = append(parts, "计入"+e.grouped(e.Added))
	}
	if len(e.Uncovered) > 0 {
		names := make([]string, len(e.Uncovered))
		for i, y := range e.Uncovered {
			names[i] = fmt.Sprintf("%d年", y)
		}
		parts = append(parts, strings.Join(names, "、")+"的节假日安排尚未公布，只按周末和法定节日计算")
	}
	return parts
}

// changed is what people did, in the order of the days.
func (e Explanation) changed() []string {
	type line struct {
		on   time.Time
		text string
	}
	var lines []line
	for _, x := range e.Extensions {
		lines = append(lines, line{x.On.Time, x.text()})
	}
	for _, p := range e.Suspensions {
		lines = append(lines, line{p.From.Time, p.text()})
	}
	slices.SortStableFunc(lines, func(a, b line) int { return a.on.Compare(b.on) })
	texts := make([]string, len(lines))
	for i, l := range lines {
		texts[i] = l.text
	}
	return texts
}

func (e Explanation) conclusion() []string {
	var parts []string
	switch {
	case e.State == Paused:
		parts = append(parts, "暂停期间没有截止日")
	case !e.Original.IsZero() && !e.Original.equal(e.Due):
		parts = append(parts, "现截止日为"+e.Due.chinese()+"，原截止日"+e.Original.chinese()+"保留备查")
	case !e.First.equal(e.Due):
		parts = append(parts, "现截止日为"+e.Due.chinese())
	}
	if e.DueOff != "" {
		parts = append(parts, "截止日当天不上班（"+e.DueOff+"），不顺延")
	}
	if e.PolicyVersion > 0 {
		parts = append(parts, fmt.Sprintf("依据时限政策第%d版", e.PolicyVersion))
	}
	return parts
}

func (x Prolongation) text() string {
	s := x.On.chinese() + "批准延期"
	if x.Unit == FixedDate {
		s += "到" + x.Fixed.chinese()
	} else {
		s += quantity(x.Amount, x.Unit)
	}
	s += because(x.Reason)
	switch {
	case x.Due.IsZero() || x.Due.equal(x.Fixed):
		return s
	case x.Unit == FixedDate:
		return s + "，不晚于原有的" + x.Due.chinese() + "，截止日不变"
	}
	return s + "，至" + x.Due.chinese()
}

func (p Pause) text() string {
	left := quantity(p.Remaining, p.RemainingUnit)
	begins := p.From.chinese() + "起暂停" + because(p.Reason)
	switch {
	case p.Void:
		return begins + "，不影响截止日"
	case p.To.IsZero():
		return begins + "，尚余" + left + "，恢复后续计"
	case p.Days == 0:
		return begins + "，" + p.To.chinese() + "恢复，截止日不变"
	case p.RemainingUnit == Workday:
		return begins + "，" + p.To.chinese() + "恢复，续计所余" + left + "，至" + p.Due.chinese()
	}
	return begins + "，" + p.To.chinese() + "恢复，顺延" + quantity(p.Days, CalendarDay) + "，至" + p.Due.chinese()
}

// grouped names weekends by their number, and everything else by its days too:
// nobody asks which Saturdays, everybody asks which holidays.
func (e Explanation) grouped(days []workday.Day) string {
	var reasons []string
	byReason := map[string][]time.Time{}
	for _, d := range days {
		if !slices.Contains(reasons, d.Reason) {
			reasons = append(reasons, d.Reason)
		}
		byReason[d.Reason] = append(byReason[d.Reason], d.On)
	}
	for i, r := range reasons {
		text := fmt.Sprintf("%s%d天", r, len(byReason[r]))
		if r != workday.Weekend {
			text += "（" + e.ranges(byReason[r]) + "）"
		}
		reasons[i] = text
	}
	return strings.Join(reasons, "，") // a reason may itself be 国庆节、中秋节
}

// ranges writes consecutive days as one: 1月28日至2月4日、2月8日.
func (e Explanation) ranges(days []time.Time) string {
	var parts []string
	for i := 0; i < len(days); {
		j := i
		for j+1 < len(days) && days[j+1].Equal(days[j].AddDate(0, 0, 1)) {
			j++
		}
		text := e.short(days[i])
		switch first, last := days[i], days[j]; {
		case i == j:
		case first.Year() == last.Year() && first.Month() == last.Month():
			text += last.Format("至2日")
		default:
			text += "至" + e.short(last)
		}
		parts, i = append(parts, text), j+1
	}
	return strings.Join(parts, "、")
}

// short leaves out the year where it is the base's.
func (e Explanation) short(day time.Time) string {
	if day.Year() == clock.Day(e.Base.Time).Year() {
		return day.Format("1月2日")
	}
	return day.Format("2006年1月2日")
}

func (w When) chinese() string {
	switch {
	case w.IsZero():
		return ""
	case w.Exact:
		return w.Time.In(clock.Shanghai).Format("2006年1月2日15时04分")
	}
	return w.Time.Format("2006年1月2日")
}

func quantity(n int, unit Unit) string {
	name := map[Unit]string{Workday: "个工作日", CalendarDay: "个自然日", Month: "个月", Hour: "小时"}[unit]
	return fmt.Sprintf("%d%s", n, name)
}

func because(reason string) string {
	if reason == "" {
		return ""
	}
	return "（" + reason + "）"
}
