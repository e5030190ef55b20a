package guidance

import (
	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/exchange"
	"github.com/bihuan/bihuan/tenants"
)

// Kinds of envelopes: what goes down, and what became of it.
const (
	KindPaper  = "guidance"
	KindAnswer = "guidance_answer"
)

// Entity is what the book calls a publication, and Received one that came.
const (
	Entity         = "Guidance"
	EntityReceived = "ReceivedGuidance"
)

// The rights of the package; to take needs that of the kind.
const (
	read  = "exchange.read"
	guide = "exchange.guide"
)

// States of what came.
const (
	Open     = "OPEN"
	Taken    = "TAKEN"
	Declined = "DECLINED"
	InForce  = "IN_FORCE" // taken, and in force as it came; only told, never stored
)

// Bounds.
const (
	maxPartners = 200
	longest     = 500 // characters of a note or a reason
	mostContent = 512 << 10
)

// Service publishes, receives and takes. It is safe for concurrent use once the
// kinds are registered.
type Service struct {
	store *tenants.Store
	post  *exchange.Service
	kinds []Kind
}

// New makes the service and makes its envelopes known to the exchange.
func New(store *tenants.Store, post *exchange.Service) *Service {
	s := &Service{store: store, post: post}
	post.Register(KindPaper, 1, exchange.Handler{Title: "向下发布的流程、清单、规则和指标", Apply: s.receive})
	post.Register(KindAnswer, 1, exchange.Handler{Title: "对所发布内容的采用情况", Apply: s.answered})
	return s
}

func (s *Service) doors() audit.Doors {
	return audit.Doors{Store: s.store, System: "guidance"}
}
