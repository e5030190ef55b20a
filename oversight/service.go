package oversight

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/tenant"
	"github.com/bihuan/bihuan/exchange"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// Service is both halves: the district's and the city's.
type Service struct {
	store    *tenants.Store
	client   *gen.Client
	exchange *exchange.Service
	down, up []string // kinds of envelopes of a standing agreement
}

// New makes the service and makes its kind known to the exchange.
func New(store *tenants.Store, ex *exchange.Service) *Service {
	s := &Service{store: store, client: store.Ent(), exchange: ex, down: []string{KindRanking, KindLook}, up: []string{KindFigures, KindGrant, KindView}}
	ex.Register(KindFigures, 1, exchange.Handler{Title: "指标", Apply: s.receive, Anew: afresh})
	ex.Register(KindGrant, 1, exchange.Handler{Title: "查看一件提案的授权", Apply: s.granted})
	ex.Register(KindLook, 1, exchange.Handler{Title: "凭授权查看提案", Apply: s.looked})
	ex.Register(KindView, 1, exchange.Handler{Title: "所查看提案的内容", Apply: s.viewed})
	ex.Register(KindRanking, 1, exchange.Handler{Title: "区县排名", Apply: s.ranked})
	return s
}

// Standing adds kinds to what crosses between a district and its city by the
// standing agreement. It is for the start of the program.
func (s *Service) Standing(down, up []string) {
	s.down, s.up = append(s.down, down...), append(s.up, up...)
}

// Stands are the kinds that a city sends its district by the standing agreement,
// and that come back.
func (s *Service) Stands() (down, up []string) { return slices.Clone(s.down), slices.Clone(s.up) }

// Stand gives a district its standing agreement with the city above it, in the
// transactions of both: each half where there is none, so that what either has
// agreed on otherwise stays. It is called when a committee is entered into the
// directory; called again it does nothing, and wherever it ends it is called
// again. A committee that has no city above it in this installation is left alone.
func (s *Service) Stand(ctx context.Context, district uuid.UUID) (err error) {
	defer errs.Wrap(&err, "oversight.Stand(%s)", district)
	var own, city *gen.Tenant
	ctx = authz.System(ctx)
	err = s.store.ReadTx(ctx, district, func(ctx context.Context) (err error) {
		if own, err = s.client.Tenant.Get(ctx, district); err != nil || own.ParentID == nil {
			return err
		}
		city, err = s.client.Tenant.Get(ctx, *own.ParentID)
		return err
	})
	if err != nil || city == nil || city.Level != tenant.LevelCITY {
		return err
	}
	doors := audit.Doors{Store: s.store, System: "standingAgreement"}
	err = doors.InTx(ctx, city.ID, func(ctx context.Context) error {
		_, err := s.exchange.Standard(ctx, own.Code, s.down, s.up)
		return err
	})
	if err != nil {
		return err
	}
	return doors.InTx(ctx, district, func(ctx context.Context) error {
		_, err := s.exchange.Standard(ctx, city.Code, s.up, s.down)
		return err
	})
}
