package deadline_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/bihuan/bihuan/flow/deadline"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/workday"
)

// said is a budget and what it says of itself, without the policy version.
type said struct {
	name string
	b    deadline.Budget
	want string
}

func expectText(t *testing.T, cases []said) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			c.b.PolicyVersion = 0
			if got := c.b.Explain(national).Text(); got != c.want+"。" {
				t.Errorf("it says\n%s, want\n%s。", got, c.want)
			}
		})
	}
}

func TestTextOfCounting(t *testing.T) {
	hours := budget("", 3, deadline.Hour)
	hours.Base, hours.Event = time.Date(2024, 12, 27, 9, 5, 0, 0, clock.Shanghai), "邀请"
	now := hours
	now.Amount = 0
	meeting := budget("2024-03-20", -15, deadline.Workday)
	meeting.Event = "会议"
	atOnce := budget("2024-03-20", 0, deadline.Workday)
	atOnce.Event = "提交"
	nameless := budget("", 3, deadline.Month)
	nameless.Event = ""
	expectText(t, []said{
		{"months, and a due day that is a day off", budget("2024-12-30", 3, deadline.Month),
			"自2024年12月30日交办起3个月，至2025年3月30日；截止日当天不上班（周末），不顺延"},
		{"working days name weekends by number and holidays by their days", budget("2024-02-01", 10, deadline.Workday),
			"自2024年2月1日交办起10个工作日，至2024年2月20日；其间不计周末1天，春节8天（2月10日至17日）；计入调休上班2天（2月4日、2月18日）"},
		{"a range across months and years is written out", budget("2023-12-27", 10, deadline.Workday),
			"自2023年12月27日交办起10个工作日，至2024年1月11日；其间不计元旦3天（12月30日至2024年1月1日），周末2天"},
		{"a joint holiday keeps its name", budget("2025-09-29", 3, deadline.Workday),
			"自2025年9月29日交办起3个工作日，至2025年10月10日；其间不计国庆节、中秋节8天（10月1日至8日）"},
		{"counting back from a meeting", meeting, "2024年3月20日会议前15个工作日，即2024年2月28日；其间不计周末6天"},
		{"the day itself", atOnce, "2024年3月20日提交当日，即2024年3月20日"},
		{"hours", hours, "自2024年12月27日09时05分邀请起3小时，至2024年12月27日12时05分"},
		{"a fixed date", fixed("2025-06-30"), "截止日定为2025年6月30日"},
		{"before the base event", budget("", 3, deadline.Month), "尚未起算：自交办起3个月"},
		{"before a base event without a name", nameless, "尚未起算：自起算事项起3个月"},
		{"no hours", now, "2024年12月27日09时05分邀请当时，即2024年12月27日09时05分"},
	})
}

func TestTextOfChanges(t *testing.T) {
	months, workdays := budget("2024-12-30", 3, deadline.Month), budget("2024-02-01", 10, deadline.Workday)
	toDate := months
	toDate.Extensions = []deadline.Extension{{Unit: deadline.FixedDate, Fixed: day("2025-05-15"), On: day("2025-03-20")}}
	noLater := months
	noLater.Extensions = []deadline.Extension{{Unit: deadline.FixedDate, Fixed: day("2025-03-01"), On: day("2025-02-20")}}
	expectText(t, []said{
		{"an extension names both dates", extended(months, "2025-03-20", 1, deadline.Month),
			"自2024年12月30日交办起3个月，至2025年3月30日；2025年3月20日批准延期1个月（需现场核查），至2025年4月30日；现截止日为2025年4月30日，原截止日2025年3月30日保留备查"},
		{"an extension to a date", toDate,
			"自2024年12月30日交办起3个月，至2025年3月30日；2025年3月20日批准延期到2025年5月15日；现截止日为2025年5月15日，原截止日2025年3月30日保留备查"},
		{"an extension to a date that is no later", noLater,
			"自2024年12月30日交办起3个月，至2025年3月30日；2025年2月20日批准延期到2025年3月1日，不晚于原有的2025年3月30日，截止日不变；截止日当天不上班（周末），不顺延"},
		{"a pause of months says by how many days it moved", paused(months, "2025-01-10", "2025-01-20"),
			"自2024年12月30日交办起3个月，至2025年3月30日；2025年1月10日起暂停（等待上级批复），2025年1月20日恢复，顺延10个自然日，至2025年4月9日；现截止日为2025年4月9日"},
		{"a pause of working days says what was left", paused(workdays, "2024-02-05", "2024-02-26"),
			"自2024年2月1日交办起10个工作日，至2024年2月20日；2024年2月5日起暂停（等待上级批复），2024年2月26日恢复，续计所余7个工作日，至2024年3月6日；其间不计周末3天；计入调休上班1天（2月4日）；现截止日为2024年3月6日"},
		{"a pause that lasts", paused(workdays, "2024-02-05", ""),
			"自2024年2月1日交办起10个工作日，至2024年2月20日；2024年2月5日起暂停（等待上级批复），尚余7个工作日，恢复后续计；其间不计周末1天；计入调休上班1天（2月4日）；暂停期间没有截止日"},
		{"a pause of no days", paused(months, "2025-01-10", "2025-01-10"),
			"自2024年12月30日交办起3个月，至2025年3月30日；2025年1月10日起暂停（等待上级批复），2025年1月10日恢复，截止日不变；截止日当天不上班（周末），不顺延"},
		{"a pause after the due date", paused(budget("2024-03-11", 1, deadline.Workday), "2024-04-05", ""),
			"自2024年3月11日交办起1个工作日，至2024年3月12日；2024年4月5日起暂停（等待上级批复），不影响截止日"},
		{"an extension while paused has no date yet", extended(paused(months, "2025-01-10", ""), "2025-01-15", 1, deadline.Month),
			"自2024年12月30日交办起3个月，至2025年3月30日；2025年1月10日起暂停（等待上级批复），尚余79个自然日，恢复后续计；2025年1月15日批准延期1个月（需现场核查）；暂停期间没有截止日"},
		{"a fixed date extended", extended(fixed("2025-06-30"), "2025-06-20", 5, deadline.Workday),
			"截止日定为2025年6月30日；2025年6月20日批准延期5个工作日（需现场核查），至2025年7月7日；其间不计周末2天；现截止日为2025年7月7日，原截止日2025年6月30日保留备查"},
	})
}

func TestTextOfTheRest(t *testing.T) {
	t.Run("the policy version comes last", func(t *testing.T) {
		if got := budget("2024-12-30", 3, deadline.Month).Explain(national).Text(); !strings.HasSuffix(got, "；依据时限政策第3版。") {
			t.Errorf("it says %s", got)
		}
	})
	t.Run("years beyond the table are named", func(t *testing.T) {
		last := clock.Date(workday.CoveredUntil(), 12, 28)
		got := budget(last.Format(time.DateOnly), 10, deadline.Workday).Explain(national).Text()
		want := clock.Date(last.Year()+1, 1, 1).Format("2006年") + "的节假日安排尚未公布，只按周末和法定节日计算"
		if !strings.Contains(got, want) {
			t.Errorf("it says %s", got)
		}
	})
	t.Run("a committee's own days are named", func(t *testing.T) {
		cal := workday.New(map[time.Time]bool{day("2024-03-13"): false, day("2024-03-16"): true})
		got := budget("2024-03-12", 4, deadline.Workday).Explain(cal).Text()
		if !strings.Contains(got, "其间不计租户规定1天（3月13日），周末1天；计入租户规定1天（3月16日）") {
			t.Errorf("it says %s", got)
		}
	})
}

func TestExplanationJSON(t *testing.T) {
	b := extended(paused(budget("2024-02-01", 10, deadline.Workday), "2024-02-05", "2024-02-26"), "2024-03-01", 1, deadline.Month)
	got, err := json.Marshal(b.Explain(national))
	want := `{"key":"reply.plenary","state":"RUNNING","event":"交办","base":"2024-02-01","amount":10,"unit":"WORKDAY","first":"2024-02-20",` +
		`"skipped":[{"on":"2024-02-03","reason":"周末"},{"on":"2024-03-02","reason":"周末"},{"on":"2024-03-03","reason":"周末"}],` +
		`"added":[{"on":"2024-02-04","reason":"调休上班"}],` +
		`"suspensions":[{"from":"2024-02-05","to":"2024-02-26","reason":"等待上级批复","days":21,"remaining":7,"remainingUnit":"WORKDAY","due":"2024-03-06"}],` +
		`"extensions":[{"amount":1,"unit":"MONTH","on":"2024-03-01","reason":"需现场核查","due":"2024-04-06"}],` +
		`"policyVersion":3,"original":"2024-03-06","due":"2024-04-06","dueOff":"清明节"}`
	if err != nil || string(got) != want {
		t.Errorf("it is\n%s, want\n%s", got, want)
	}
	t.Run("no date is null", func(t *testing.T) {
		b, err := json.Marshal(deadline.When{Exact: true})
		var back deadline.When
		if err != nil || string(b) != "null" || json.Unmarshal(b, &back) != nil || !back.IsZero() {
			t.Errorf("it is %s, %v", b, err)
		}
	})
	t.Run("what is no date is refused", func(t *testing.T) {
		for _, bad := range []string{`"2024-02-30"`, `7`, `"soon"`} {
			if json.Unmarshal([]byte(bad), &deadline.When{}) == nil {
				t.Errorf("%s was read", bad)
			}
		}
	})
}
