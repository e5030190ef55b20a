package graph

import (
	"context"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/graph/model"
	"github.com/bihuan/bihuan/loop/ballots"
)

// ballot carries out a change of a ballot.
func (r *Resolver) ballot(ctx context.Context, input any, change func(context.Context) (*ballots.Ballot, error)) (*model.BallotPayload, error) {
	id, bad, err := r.mutate(ctx, input, func(ctx context.Context, _ common, _ process.Form) (string, uuid.UUID, error) {
		b, err := change(ctx)
		if err != nil {
			return "", uuid.Nil, asInput(err)
		}
		return "Ballot", b.ID, nil
	})
	if err != nil || len(bad) > 0 {
		return &model.BallotPayload{UserErrors: bad}, err
	}
	b, err := r.Ballots.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	shown, err := r.shownBallots(ctx, b)
	if err != nil {
		return nil, err
	}
	return &model.BallotPayload{Ballot: shown[0], UserErrors: bad}, nil
}

// claim hands the token out. It has no idempotency key: claimed again, the
// service answers the same token while it is unused.
func (r *Resolver) claim(ctx context.Context, in model.ClaimBallotInput) (*model.ClaimBallotPayload, error) {
	out := &model.ClaimBallotPayload{}
	_, bad, err := r.mutate(ctx, in, func(ctx context.Context, _ common, _ process.Form) (string, uuid.UUID, error) {
		token, err := r.Ballots.Claim(ctx, in.ID)
		if err == nil {
			out.Token = &token
		}
		return "Ballot", in.ID, err
	})
	if len(bad) > 0 {
		out.Token = nil
	}
	out.UserErrors = bad
	return out, err
}

// cast takes a vote from nobody: it runs outside every tenant's transaction,
// and what is written down says no more than that somebody has voted.
func (r *Resolver) cast(ctx context.Context, in model.CastBallotInput) (*model.CastBallotPayload, error) {
	choices := make([]ballots.Choice, len(in.Choices))
	for i, c := range in.Choices {
		choices[i] = *c
	}
	valid, err := r.Ballots.Cast(ctx, in.Token, choices)
	bad, failed := shown(err)
	return &model.CastBallotPayload{Done: err == nil, Valid: valid, UserErrors: bad}, failed
}

// shownBallots maps ballots with the units they are about, in one statement.
func (r *Resolver) shownBallots(ctx context.Context, list ...*ballots.Ballot) ([]*model.Ballot, error) {
	var ids []uuid.UUID
	for _, b := range list {
		ids = append(ids, b.Subjects...)
	}
	rows, err := r.ent().Unit.Query().Where(unit.IDIn(ids...)).All(ctx)
	if err != nil {
		return nil, err
	}
	units := make(map[uuid.UUID]*gen.Unit, len(rows))
	for _, u := range rows {
		units[u.ID] = u
	}
	out := make([]*model.Ballot, len(list))
	for i, b := range list {
		out[i] = &model.Ballot{
			ID: b.ID, Title: b.Title, MatterID: b.Matter, Subjects: ordered(b.Subjects, units), Dimensions: b.Dimensions, Voters: b.Voters,
			Open: b.State == ballots.Open, OpensAt: b.OpensAt, ClosesAt: b.ClosesAt, ClosedAt: b.ClosedAt, CloseReason: given(b.CloseReason),
			Invited: b.Invited, Claimed: b.Claimed,
		}
		for _, o := range b.Options {
			out[i].Options = append(out[i].Options, &model.BallotOption{Name: o.Name, Abstention: o.Abstention})
		}
	}
	return out, nil
}

func (r *Resolver) ballotResult(ctx context.Context, id uuid.UUID) (*model.BallotResult, error) {
	found, err := r.Ballots.Result(ctx, id)
	if err != nil {
		return nil, err
	}
	out := &model.BallotResult{Voters: found.Voters, Cast: found.Cast, Absent: found.Absent, Withheld: found.Withheld, Tallies: []*model.BallotTally{}}
	for _, t := range found.Tallies {
		row := &model.BallotTally{UnitID: t.Subject, Dimension: t.Dimension, Valid: t.Valid, Invalid: t.Invalid, Abstained: t.Abstained, Absent: t.Absent}
		for _, v := range t.Votes {
			row.Votes = append(row.Votes, &model.BallotVotes{Option: v.Option.Name, Votes: v.Votes, Rate: rate(v.Votes, t.Valid)})
		}
		out.Tallies = append(out.Tallies, row)
	}
	return out, nil
}
