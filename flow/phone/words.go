package phone

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/notice"
	"github.com/bihuan/bihuan/ent/schema"
	"github.com/bihuan/bihuan/flow/notices"
	"github.com/bihuan/bihuan/flow/phone/channels"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// What a message says where it must not say what it is about.
const (
	somethingWaits = "有一项待办"
	somethingTold  = "有一条通知"
)

// aboutWord is why a notice came, as a screen says it.
func aboutWord(about string) string {
	word, _, _ := strings.Cut(schema.Words["NoticeAbout"][about], "：")
	word, _, _ = strings.Cut(word, ":")
	return word
}

// reader is one person as he is now, and which matters of those that he is told
// of he sees, and may be named.
type reader struct {
	gone   bool // nobody here any more
	member *gen.Membership
	sees   map[uuid.UUID]*gen.Matter
}

// read looks at a person with his own eyes.
func (s *Service) read(ctx context.Context, m *gen.Membership, matters []uuid.UUID) (reader, error) {
	out := reader{member: m, sees: map[uuid.UUID]*gen.Matter{}}
	if m.AccountID == nil {
		out.gone = true
		return out, nil
	}
	v, err := s.dir.Viewer(ctx, *m.AccountID, m.ID)
	if errs.Is(err, errs.Unauthenticated) {
		out.gone = true
		return out, nil
	}
	if err != nil || len(matters) == 0 {
		return out, err
	}
	rows, err := s.client.Matter.Query().Where(matter.IDIn(matters...)).All(authz.With(ctx, v))
	for _, row := range rows {
		out.sees[row.ID] = row
	}
	return out, err
}

// secret are the matters in which a visit is planned that nobody is to hear of.
func secret(ctx context.Context, matters []uuid.UUID) ([]uuid.UUID, error) {
	if len(matters) == 0 {
		return nil, nil
	}
	return tenants.Collect(ctx, pgx.RowTo[uuid.UUID], `SELECT DISTINCT matter_id FROM events WHERE matter_id = ANY ($1) AND concealed AND state = 'PLANNED'`, matters)
}

// names reports whether a message may say the title.
func (s *Service) names(policy process.Phone, m *gen.Matter, hidden []uuid.UUID) bool {
	return policy.Titles && m.Visibility != matter.VisibilityPARTIES && !s.engine.KindOf(m.Kind).Unnamed && !slices.Contains(hidden, m.ID)
}

// say is the message of a notice; its link opens what the notice is about.
func (s *Service) say(w *waiting, policy process.Phone, r reader, hidden []uuid.UUID) channels.Message {
	m := channels.Message{ID: w.ID.String(), Title: aboutWord(w.About), Link: s.opens("/notices", w)}
	if w.Matter == nil || w.Object == notices.Veiled {
		return m
	}
	of := r.sees[*w.Matter]
	m.Link = s.opens("/matters/"+of.ID.String(), w)
	if s.names(policy, of, hidden) {
		m.Text = "《" + of.Title + "》"
		return m
	}
	m.Title = somethingTold
	if slices.Contains(near, w.About) {
		m.Title = somethingWaits
	}
	return m
}

// sayAll is the message of a day's rest.
func (s *Service) sayAll(list []*waiting) channels.Message {
	counts := map[string]int{}
	var kinds []string
	for _, w := range list {
		word := cmp.Or(aboutWord(w.About), aboutWord(string(notice.AboutTOLD)))
		if counts[word]++; counts[word] == 1 {
			kinds = append(kinds, word)
		}
	}
	slices.Sort(kinds)
	for i, k := range kinds {
		kinds[i] = fmt.Sprintf("%s %d 条", k, counts[k])
	}
	return channels.Message{ID: list[0].ID.String(), Title: fmt.Sprintf("今日通知 %d 条", len(list)), Text: strings.Join(kinds, "，"), Link: s.opens("/notices", list[0])}
}

// opens is the address of a page of the console. It names the notice, too, so
// that no two messages are alike: carriers take a repeated one for the same.
func (s *Service) opens(page string, w *waiting) string {
	return s.public + page + "?n=" + w.ID.String()
}
