package oversight

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/figures"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/notices"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// What an alert is about.
const (
	AboutSilent  = "SILENT"  // the district has told nothing for lateDays
	AboutFigures = "FIGURES" // none of its figures has moved for stillDays
	AboutTask    = "TASK"    // a task that it has, of which nothing was heard for stillDays
)

// alertType is what a notice of an alert, and its record, is about.
const alertType = "DistrictAlert"

// stillDays is how many days nothing may move before the overseers hear of it.
const stillDays = 30

// Alert is something that has stopped moving in a district.
type Alert struct {
	ID          uuid.UUID
	Partner     string
	PartnerName string
	About       string
	Matter      *uuid.UUID // of a task, the city's own
	Text        string
	Since       time.Time // the last day on which it moved
	FoundAt     time.Time
}

// spoken is a day in people's words.
const spoken = `'FMYYYY"年"FMMM"月"FMDD"日"'`

// standing are what stands still today: of which district, about what, since
// when. Figures that a district hides, or has suspended, are not looked at; a
// task is the city's own matter, whose mirror the district fills; its title is read there, by who may.
const standing = `
	WITH d AS (
		SELECT a.id, a.partner_name AS name, (SELECT max(y.as_of) FROM district_days y WHERE y.agreement_id = a.id) AS told,
			(SELECT max(f.moved_on) FROM district_figures f WHERE f.agreement_id = a.id) AS moved,
			coalesce((SELECT t.status FROM district_terms t WHERE t.agreement_id = a.id ORDER BY t.at DESC LIMIT 1), 'ACTIVE') AS status
		FROM agreements a WHERE a.status = 'ACTIVE' AND a.receives ? '` + KindFigures + `'
	)
	SELECT d.id, 'SILENT', NULL::uuid, d.name || '自' || to_char(d.told, ` + spoken + `) || '起没有送来指标', d.told FROM d WHERE d.status = 'ACTIVE' AND d.told < $1::date - $2::int
	UNION ALL
	SELECT d.id, 'FIGURES', NULL, d.name || '的指标自' || to_char(d.moved, ` + spoken + `) || '起没有变化', d.moved FROM d
		WHERE d.status = 'ACTIVE' AND d.told >= $1::date - $2::int AND d.moved < $1::date - $3::int
	UNION ALL
	SELECT a.id, 'TASK', m.id, a.partner_name || '的一项任务自' || to_char((m.mirror->>'on')::date, ` + spoken + `) || '起没有进展', (m.mirror->>'on')::date
	FROM matters m JOIN agreements a ON a.partner = m.mirror->>'committee' AND a.status = 'ACTIVE'
	WHERE m.kind = 'task' AND m.closed_at IS NULL AND (m.mirror->>'on') ~ '^\d{4}-\d\d-\d\d$' AND (m.mirror->>'on')::date < $1::date - $3::int`

const untold = `FROM (` + standing + `) s (agreement, about, matter, text, since) WHERE NOT EXISTS (SELECT FROM district_alerts x
	WHERE x.agreement_id = s.agreement AND x.about = s.about AND x.matter_id IS NOT DISTINCT FROM s.matter AND x.ended_at IS NULL AND x.since = s.since)`

// HasStill reports whether Watch would find or end anything.
func HasStill(ctx context.Context) (has bool, err error) {
	err = tenants.Row(ctx, `SELECT EXISTS (SELECT `+untold+`) OR EXISTS (SELECT `+moving+`)`, []any{clock.Today(ctx), lateDays, stillDays}, &has)
	return has, err
}

// moving are the alerts of what moves again.
const moving = `FROM district_alerts x WHERE x.ended_at IS NULL AND NOT EXISTS (SELECT FROM (` + standing + `) s (agreement, about, matter, text, since)
	WHERE x.agreement_id = s.agreement AND x.about = s.about AND x.matter_id IS NOT DISTINCT FROM s.matter AND x.since = s.since)`

// Watch tells a city's overseers, once each, what has stopped moving in its
// districts, and ends the alerts of what moves again. Called again on the same
// day it does nothing. It returns how many were found or ended.
func (s *Service) Watch(ctx context.Context, city uuid.UUID) (n int, err error) {
	defer errs.Wrap(&err, "oversight.Watch(%s)", city)
	doors := audit.Doors{Store: s.store, System: "watchDistricts"}
	err = doors.InTx(authz.System(ctx), city, func(ctx context.Context) error {
		n = 0
		type still struct {
			Agreement uuid.UUID
			About     string
			Matter    *uuid.UUID
			Text      string
			Since     time.Time
		}
		today := clock.Today(ctx)
		over, err := tenants.Collect(ctx, pgx.RowTo[uuid.UUID], `UPDATE district_alerts SET ended_at = $4 WHERE id IN (SELECT x.id `+moving+`) RETURNING id`, today, lateDays, stillDays, clock.Now(ctx))
		if err != nil {
			return err
		}
		if err := notices.Over(ctx, alertType, over...); err != nil {
			return err
		}
		n = len(over)
		list, err := tenants.Rows[still](ctx, `SELECT s.* `+untold+` ORDER BY 1, 2, 3`, today, lateDays, stillDays)
		if err != nil {
			return err
		}
		for _, x := range list {
			id := uuid.Must(uuid.NewV7())
			_, err := tenants.Exec(ctx, `INSERT INTO district_alerts (tenant_id, id, agreement_id, about, matter_id, text, since, found_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
				city, id, x.Agreement, x.About, x.Matter, x.Text, x.Since, clock.Now(ctx))
			if err != nil {
				return err
			}
			if err := flow.TellRoles(ctx, notices.Notice{Text: x.Text, About: notices.AboutStanding, Level: notices.Important, Type: alertType, ID: id}, overseer); err != nil {
				return err
			}
			if err := audit.Note(ctx, audit.Change{Entity: alertType, ID: id, Op: audit.Create, After: map[string]any{"text": x.Text}}); err != nil {
				return err
			}
		}
		n += len(list)
		return nil
	})
	return n, err
}

// Alerts lists what stands still, the longest first.
func (s *Service) Alerts(ctx context.Context) (out []Alert, err error) {
	defer errs.Wrap(&err, "oversight.Alerts")
	if _, err := authz.Require(ctx, figures.Read); err != nil {
		return nil, err
	}
	return tenants.Rows[Alert](ctx, `
		SELECT x.id, a.partner, a.partner_name, x.about, x.matter_id, x.text, x.since, x.found_at
		FROM district_alerts x JOIN agreements a ON a.tenant_id = x.tenant_id AND a.id = x.agreement_id WHERE x.ended_at IS NULL ORDER BY x.since, x.id LIMIT `+fmt.Sprint(mostAlerts))
}

// mostAlerts is how many are listed: more than that nobody reads.
const mostAlerts = 100
