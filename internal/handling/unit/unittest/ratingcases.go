package unittest

import (
	"testing"
	"time"

	"tongban/internal/domain/rating"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
)

func ratings(t *testing.T, open func() Keeper) {
	t.Helper()
	m, k := newMaker(t), open()
	ctx := t.Context()
	c := caseOf(1)
	commit(t, k, m.opening(c))
	r := rating.Rating{
		ID: unit.NewID(), Case: c.ID, Item: c.Item, Target: rating.Window, Office: hereOffice, Node: Me, Taker: Me, Nth: 1, Level: rating.Dissatisfied,
		Set: rating.Counter, Scores: map[string]rating.Level{"manner": 5}, Text: "SECRET words", Named: true, Channel: rating.Web, At: start,
		Care: rating.Care{State: rating.Open, Round: 1, Due: start.Add(time.Hour)}, By: "o1",
	}
	good := rating.Rating{
		ID: unit.NewID(), Case: c.ID, Item: c.Item, Target: rating.Decider, Office: thereOffice, Node: There, Taker: Me, Nth: 1, Level: rating.Satisfied,
		Set: rating.Online, Channel: rating.Code, At: start.Add(time.Minute), Care: rating.Care{State: rating.Given},
	}
	commit(t, k, unit.Unit{At: start, Ratings: []rating.Rating{r, good}})
	twice := r
	twice.ID = unit.NewID()
	want(t, k.Commit(ctx, unit.Unit{Ratings: []rating.Rating{twice}}), errs.RatedAlready)
	want(t, k.Commit(ctx, unit.Unit{Ratings: []rating.Rating{r}}), errs.RatedAlready)
	again := twice
	again.Nth = 2
	again.At = start.Add(time.Hour)
	commit(t, k, unit.Unit{At: start, Ratings: []rating.Rating{again}})
	r.Row, good.Row, again.Row = 1, 1, 1
	same(t, []rating.Rating{r, good, again}, must[[]rating.Rating](t)(k.Ratings(ctx, c.ID)))
	same(t, []rating.Rating{r}, must[[]rating.Rating](t)(k.RatingsToDo(ctx, rating.Work, hereOffice, 1)))
	if n := must[int](t)(k.CountRatingsToDo(ctx, rating.Work, "")); n != 2 {
		t.Errorf("%d to do", n)
	}
	if n := must[int](t)(k.CountRatingsToDo(ctx, rating.Work, thereOffice)); n != 0 {
		t.Errorf("%d to do at an office that nobody rated badly", n)
	}
	r.Care = rating.Care{State: rating.Closed, Round: 1, Void: true, Steps: []rating.Step{{Act: rating.Content, At: start, By: "o2", Text: "SECRET"}}}
	commit(t, k, unit.Unit{At: start, Ratings: []rating.Rating{r}})
	want(t, k.Commit(ctx, unit.Unit{Ratings: []rating.Rating{r}}), errs.Stale)
	r.Row = 2
	same(t, r, must[rating.Rating](t)(k.Rating(ctx, r.ID)))
	sums := []rating.Sum{{Office: hereOffice, Target: rating.Window, Level: 4, N: 1}, {Office: thereOffice, Target: rating.Decider, Level: 2, N: 1}}
	same(t, sums, must[[]rating.Sum](t)(k.RatingSums(ctx, start, start.Add(2*time.Hour))))
	same(t, []rating.CareSum{{State: rating.Closed, Named: true, N: 1}}, must[[]rating.CareSum](t)(k.RatingCare(ctx, start, start.Add(time.Minute))))
	_, err := k.Rating(ctx, "nobody")
	want(t, err, errs.Missing)
}
