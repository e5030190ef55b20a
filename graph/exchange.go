package graph

import (
	"context"
	"encoding/json"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/exchange"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/graph/model"
)

var anAgreement = entity[gen.Agreement]{
	gen.TypeAgreement, func(x *gen.Agreement) uuid.UUID { return x.ID },
	func(ctx context.Context, c *gen.Client, id uuid.UUID) (*gen.Agreement, error) {
		return c.Agreement.Get(ctx, id)
	},
}

func terms(in model.SetAgreementInput) exchange.Terms {
	return exchange.Terms{
		Partner: in.Partner, Name: value(in.Name), Channel: value(in.Channel), Sends: in.Sends, Receives: in.Receives,
		Key: value(in.Key), Expected: in.ExpectedVersion,
	}
}

func (r *Resolver) suspendAgreement(ctx context.Context, in model.SuspendAgreementInput) (*gen.Agreement, error) {
	return r.Exchange.Suspend(ctx, in.ID, in.Reason)
}

func (r *Resolver) resend(ctx context.Context, in model.ResendEnvelopeInput) (*model.ResendPayload, error) {
	_, bad, err := r.mutate(ctx, in, func(ctx context.Context, _ common, _ process.Form) (string, uuid.UUID, error) {
		return "Envelope", in.ID, r.Exchange.Resend(ctx, in.ID)
	})
	return &model.ResendPayload{Done: err == nil && len(bad) == 0, UserErrors: bad}, err
}

func (r *Resolver) sent(ctx context.Context, first *int, after *uuid.UUID, dead bool) (*model.SentEnvelopes, error) {
	list := func() (exchange.Page[exchange.Letter], error) {
		if dead {
			return r.Exchange.Dead(ctx, *or(first, new(defaultPage)), value(after))
		}
		return r.Exchange.Outbox(ctx, exchange.OutboxFilter{}, *or(first, new(defaultPage)), value(after))
	}
	found, err := list()
	if err != nil {
		return nil, err
	}
	out := &model.SentEnvelopes{Envelopes: make([]*model.SentEnvelope, len(found.Rows))}
	for i, x := range found.Rows {
		out.Envelopes[i] = &model.SentEnvelope{
			ID: x.ID, Partner: x.Partner, PartnerName: x.PartnerName, Seq: int(x.Seq), Kind: x.Kind, Status: x.Status, Attempts: x.Attempts,
			CreatedAt: x.CreatedAt, NextAt: x.NextAt, SettledAt: x.SettledAt, Reason: given(x.Reason),
		}
		if found.More {
			out.Next = &x.ID // of the last in the end
		}
	}
	return out, nil
}

func (r *Resolver) received(ctx context.Context, first *int, after *uuid.UUID, kinds []string) (*model.ReceivedEnvelopes, error) {
	found, err := r.Exchange.Inbox(ctx, kinds, *or(first, new(defaultPage)), value(after))
	if err != nil {
		return nil, err
	}
	out := &model.ReceivedEnvelopes{Envelopes: make([]*model.ReceivedEnvelope, len(found.Rows))}
	for i, x := range found.Rows {
		out.Envelopes[i] = &model.ReceivedEnvelope{
			ID: x.ID, Partner: x.Partner, PartnerName: x.PartnerName, Seq: int(x.Seq), Kind: x.Kind, SentAt: x.SentAt, ReceivedAt: x.ReceivedAt,
			Outcome: x.Outcome, Reason: given(x.Reason),
		}
		if x.Body != nil {
			if err := json.Unmarshal(x.Body, &out.Envelopes[i].Body); err != nil {
				return nil, err
			}
		}
		if found.More {
			out.Next = &x.ID
		}
	}
	return out, nil
}
