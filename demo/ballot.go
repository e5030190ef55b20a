package demo

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/loop/ballots"
	"github.com/bihuan/bihuan/loop/cohorts"
)

// appraised is the day on which the standing committee heard about 2022's 一号提案
// and voted on the units.
var appraised = shanghai(2022, 12, 7, 10, 30)

// What the ballot of 2022 asked: both units, also the one that assisted.
var (
	ballotUnits      = []string{"shuiwu", "fagai"}
	ballotDimensions = []string{"办理质量", "落实效果"}
	ballotOptions    = []ballots.Option{{Name: "满意"}, {Name: "基本满意"}, {Name: "不满意"}, {Name: "弃权", Abstention: true}}
)

// paper is one voter's: an option for each question, the second unit after the
// first. A shorter one has a gap and is invalid; an empty one was not cast.
type paper struct {
	voter string
	marks []int
}

var papers = []paper{
	{"jingjiwei", []int{0, 0, 0, 0}}, {"renziwei", []int{0, 0, 0, 1}}, {"member-01", []int{0, 1, 0, 0}}, {"member-02", []int{0, 0, 1, 1}}, {"member-03", []int{1, 0, 0, 0}},
	{"member-04", []int{0, 0, 0, 3}}, {"member-05", []int{1, 2, 1, 1}}, {"member-06", []int{0, 0}}, {"member-07", []int{0, 0, 0, 0}}, {"member-08", nil},
}

// appraise is the secret ballot on the handling of 2022 (DL-10).
func (s *stage) appraise() {
	open := s.errand(appraised, "director", "民主测评", "openBallot", func(ctx context.Context) (string, error) {
		cohort, err := s.find(cohorts.Kind, waterTitle)
		if err != nil {
			return "", err
		}
		spec := ballots.Spec{Matter: cohort, Title: "2022年度一号提案办理情况民主测评", Dimensions: ballotDimensions, Options: ballotOptions, ClosesAt: appraised.Add(7 * time.Hour)}
		for _, u := range ballotUnits {
			spec.Subjects = append(spec.Subjects, s.units[u])
		}
		for _, p := range papers {
			spec.Voters = append(spec.Voters, s.people[p.voter].membership)
		}
		b, err := s.Ballots.Open(ctx, spec)
		if err != nil {
			return "", err
		}
		return audit.Object("Ballot", b.ID), nil
	})
	s.story = append(s.story, open)
	for i, p := range papers {
		if p.marks != nil {
			at := appraised.Add(time.Duration(20+10*i) * time.Minute)
			s.story = append(s.story, task{at, "民主测评", func(ctx context.Context) error { return s.vote(ctx, at, p) }})
		}
	}
	s.story = append(s.story, s.errand(appraised.Add(4*time.Hour), "director", "民主测评", "closeBallot", func(ctx context.Context) (string, error) {
		id, err := s.ballot(ctx)
		if err != nil {
			return "", err
		}
		_, err = s.Ballots.Close(ctx, id, "到会委员均已投票")
		return audit.Object("Ballot", id), err
	}))
}

// ballot is the one of 2022.
func (s *stage) ballot(ctx context.Context) (uuid.UUID, error) {
	var id uuid.UUID
	cohort, err := s.find(cohorts.Kind, waterTitle)
	if err != nil {
		return id, err
	}
	all, err := s.Ballots.OfMatter(ctx, cohort)
	if err == nil && len(all) > 0 {
		id = all[0].ID
	}
	return id, err
}

// vote claims a token under the voter's name and casts it under none. That a
// token was used is known only from its being refused.
func (s *stage) vote(ctx context.Context, at time.Time, p paper) error {
	token, id := "", uuid.Nil
	claim := func(ctx context.Context) (_ string, err error) {
		mine, err := s.Ballots.Mine(ctx)
		if err != nil {
			return "", err
		}
		if len(mine) == 0 {
			return "", errs.New(errs.Conflict, "这次测评已经结束")
		}
		id = mine[0].ID
		token, err = s.Ballots.Claim(ctx, id)
		return audit.Object("Ballot", id), err
	}
	err := s.errand(at, p.voter, "领取选票", "claimBallot", claim).run(ctx)
	if err == nil && token == "" { // claimed by an earlier run, and perhaps not cast
		err = s.signedIn(ctx, at, p.voter, true, func(ctx context.Context) error {
			ctx, _ = audit.Collect(ctx) // it is in the book
			_, err := claim(ctx)
			return err
		})
	}
	if errs.Is(err, errs.Conflict) {
		return nil // cast
	}
	if err != nil {
		return err
	}
	var choices []ballots.Choice
	for i, mark := range p.marks {
		choices = append(choices, ballots.Choice{
			Subject: s.units[ballotUnits[i/len(ballotDimensions)]], Dimension: ballotDimensions[i%len(ballotDimensions)], Option: ballotOptions[mark].Name,
		})
	}
	_, err = s.Ballots.Cast(clock.With(ctx, instant(at.Add(3*time.Minute))), token, choices)
	if errs.Is(err, errs.NotFound) || errs.Is(err, errs.NotAllowedInState) {
		return nil // another Load has cast it meanwhile
	}
	return err
}
