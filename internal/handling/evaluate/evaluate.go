// Package evaluate takes what people say of the service they got (好差评): on the page of the case, by the code on the receipt,
// from paper or a telephone; brings it to the office that it is about, also in another province; and keeps the steps of the
// office, the review and the return call. Handlers never see who rated: only the return call does, which another role makes.
package evaluate

import (
	"context"
	"crypto/subtle"
	"time"

	"github.com/google/uuid"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/notice"
	"tongban/internal/domain/office"
	"tongban/internal/domain/rating"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

// Store is where cases and ratings are kept. Commit is durable when it returns and fails as unit.Unit says. Safe for concurrent
// use.
type Store interface {
	Case(ctx context.Context, id string) (casefile.Case, error)
	CaseByNo(ctx context.Context, no casefile.No) (casefile.Case, error)
	Rating(ctx context.Context, id string) (rating.Rating, error)
	Ratings(ctx context.Context, caseID string) ([]rating.Rating, error)
	RatingsToDo(ctx context.Context, todo rating.Todo, office string, limit int) ([]rating.Rating, error)
	CountRatingsToDo(ctx context.Context, todo rating.Todo, office string) (int, error)
	RatingSums(ctx context.Context, since, until time.Time) ([]rating.Sum, error)
	RatingCare(ctx context.Context, since, until time.Time) ([]rating.CareSum, error)
	Commit(ctx context.Context, u unit.Unit) error
}

// Desk takes ratings and keeps their care. Codes makes what only this node can make of a text:
// a keyed hash, also those under older keys that still live, the newest first.
type Desk struct {
	Kit   *unit.Kit
	Store Store
	Codes func(text string) [][]byte
}

// Chances are the services of a case with whether they can be rated now, and what was said of them.
func (d *Desk) Chances(ctx context.Context, c casefile.Case) ([]rating.Chance, []rating.Rating, error) {
	given, err := d.Store.Ratings(ctx, c.ID)
	if err != nil || c.Coordinator != d.Kit.Me {
		return nil, given, err
	}
	now := d.Kit.Now()
	return rating.Chances(c, given, d.Kit.Ratings.On(workday.DateOf(now)), now), given, nil
}

// Give keeps the applicant's rating of a case that is coordinated here and brings it to the office. A second submit of one form
// changes nothing. It returns the errors of rating.New, and errs.RatedAlready.
func (d *Desk) Give(ctx context.Context, c casefile.Case, w rating.Wish) error {
	return d.give(ctx, c, w, rating.Web, "", c.Visitor())
}

// Key is an officer's entry of what somebody said on paper or by telephone about the case with a number.
func (d *Desk) Key(ctx context.Context, by casefile.Actor, no string, how rating.Channel, w rating.Wish) error {
	if err := by.Officer().May(office.KeyRating, office.Matter{On: workday.DateOf(d.Kit.Now())}); err != nil {
		return err
	}
	if how != rating.Paper && how != rating.Phone {
		return errs.New(errs.BadRating, "channel %q", how)
	}
	c, err := d.byNo(ctx, no)
	if err != nil {
		return err
	}
	return d.give(ctx, c, w, how, by.ID, by.ID)
}

// byNo finds a case that is coordinated here; errs.NoSuchRating for any other.
func (d *Desk) byNo(ctx context.Context, no string) (casefile.Case, error) {
	number, err := casefile.ParseNo(no)
	if err != nil {
		return casefile.Case{}, errs.New(errs.NoSuchRating, "no case number")
	}
	c, err := d.Store.CaseByNo(ctx, number)
	switch {
	case errs.Is(err, errs.Missing), err == nil && c.Coordinator != d.Kit.Me:
		return casefile.Case{}, errs.New(errs.NoSuchRating, "not here")
	case err != nil:
		return casefile.Case{}, err
	}
	return c, nil
}

// codeAlphabet has 32 characters that cannot be taken for one another, as those of a document's check code.
const (
	codeAlphabet = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
	codeSize     = 10
)

// Code is the rating code of a case: it stands on the receipt and opens the rating of the window, once, for whoever has the
// paper. It is made of a key that never leaves the node, so none needs to be stored, and 50 bits are guessed by nobody.
func (d *Desk) Code(c casefile.Case) string { return codeOf(d.Codes(c.ID)[0]) }

func codeOf(h []byte) string {
	out := make([]byte, codeSize)
	for i := range out {
		out[i] = codeAlphabet[h[i]&31]
	}
	return string(out)
}

// ByCode finds the case of a receipt. A wrong code and a number that nobody has are the same answer, errs.NoRatingCode.
func (d *Desk) ByCode(ctx context.Context, no, code string) (casefile.Case, error) {
	c, err := d.byNo(ctx, no)
	if err != nil && !errs.Is(err, errs.NoSuchRating) {
		return c, err
	}
	right := 0
	for _, h := range d.Codes(c.ID) {
		right |= subtle.ConstantTimeCompare([]byte(codeOf(h)), []byte(code))
	}
	if right != 1 || err != nil {
		return casefile.Case{}, errs.New(errs.NoRatingCode, "no match")
	}
	return c, nil
}

// GiveByCode is a rating of the window by who has the receipt: once, and never the second one.
func (d *Desk) GiveByCode(ctx context.Context, no, code string, w rating.Wish) error {
	c, err := d.ByCode(ctx, no, code)
	if err != nil {
		return err
	}
	if err := d.Unused(ctx, c, w.ID); err != nil {
		return err
	}
	w.Target = rating.Window
	return d.give(ctx, c, w, rating.Code, "", "receipt")
}

// Unused reports that the code of a case is spent: errs.RatedAlready once the window was rated, but for the form that did it.
func (d *Desk) Unused(ctx context.Context, c casefile.Case, form string) error {
	given, err := d.Store.Ratings(ctx, c.ID)
	if err != nil {
		return err
	}
	for _, r := range given {
		if r.Target == rating.Window && r.ID != form {
			return errs.New(errs.RatedAlready, "the code is spent")
		}
	}
	return nil
}

func (d *Desk) give(ctx context.Context, c casefile.Case, w rating.Wish, how rating.Channel, by, who string) error {
	if id, err := uuid.Parse(w.ID); err != nil || id.Version() != 7 || id.String() != w.ID {
		return errs.New(errs.BadRequest, "form without its key")
	}
	given, err := d.Store.Ratings(ctx, c.ID)
	if err != nil {
		return err
	}
	for _, r := range given {
		if r.ID == w.ID {
			return nil
		}
	}
	r, err := rating.New(c, d.Kit.Me, given, w, how, d.Kit.Ratings, d.Kit.Calendar, d.Kit.Now())
	if err != nil {
		return err
	}
	r.By = by
	u := unit.Unit{At: r.At, Log: []accesslog.Entry{{Kind: accesslog.Act, At: r.At, Case: c.ID, Who: who, What: "rating"}}}
	return d.commit(ctx, u, c, r)
}

// Do is an officer's step in the care for a rating; row is the rating as it was seen. Errors: those of office.Officer.May and
// rating.Rating.Do, errs.NoSuchRating, errs.Stale.
func (d *Desk) Do(ctx context.Context, by casefile.Actor, id string, row int64, a rating.Act, text string) error {
	r, err := d.See(ctx, by, id)
	if err != nil {
		return err
	}
	if right, ok := r.Acts(d.Kit.Me)[a]; ok {
		if err := by.Officer().May(right, office.Matter{Offices: []string{r.Office}, On: workday.DateOf(d.Kit.Now())}); err != nil {
			return err
		}
	}
	if r.Row != row {
		return errs.New(errs.Stale, "rating %s was read at %d, is at %d", id, row, r.Row)
	}
	c, err := d.Store.Case(ctx, r.Case)
	if err != nil {
		return err
	}
	now := d.Kit.Now().UTC().Truncate(time.Microsecond)
	next, err := r.Do(d.Kit.Me, a, by.ID, text, d.Kit.Ratings, d.Kit.Calendar, now)
	if err != nil {
		return err
	}
	u := unit.Unit{At: now, Log: []accesslog.Entry{
		{Kind: accesslog.Act, At: now, Case: r.Case, Who: by.ID, Office: by.Office, What: "rating." + string(a)},
	}}
	if _, answered := next.Care.Answer(); answered && next.Named && next.Taker == d.Kit.Me && next.Care.State == rating.Answered && a != rating.NoAnswer {
		d.Kit.Notify(&u, notice.Heard(c, next.ID, len(next.Care.Steps), next.Office, now))
	}
	return d.commit(ctx, u, c, next)
}

// See reads a rating that the officer may work on: of the own office, or, for who reviews and calls back, of any that
// the province is concerned with. errs.NoSuchRating for any other.
func (d *Desk) See(ctx context.Context, by casefile.Actor, id string) (rating.Rating, error) {
	if err := by.Officer().May(office.SeeRatings, office.Matter{On: workday.DateOf(d.Kit.Now())}); err != nil {
		return rating.Rating{}, err
	}
	r, err := d.Store.Rating(ctx, id)
	if err != nil && !errs.Is(err, errs.Missing) {
		return r, err
	}
	if err != nil || r.Care.State == rating.Given || r.Office != by.Office && !office.Ever(by.Roles, office.CallBack) {
		return rating.Rating{}, errs.New(errs.NoSuchRating, "not the officer's")
	}
	return r, nil
}

// Whom is whom to call about a rating: only for who makes return calls, only while the call is due. The look is logged before
// it is shown.
func (d *Desk) Whom(ctx context.Context, by casefile.Actor, r rating.Rating) (casefile.Case, error) {
	if err := by.Officer().May(office.CallBack, office.Matter{On: workday.DateOf(d.Kit.Now())}); err != nil {
		return casefile.Case{}, err
	}
	if r.Todo(d.Kit.Me) != rating.Calls {
		return casefile.Case{}, errs.New(errs.RatingMove, "no call is due")
	}
	c, err := d.Store.Case(ctx, r.Case)
	if err != nil {
		return c, err
	}
	at := d.Kit.Now().UTC().Truncate(time.Microsecond)
	return c, d.Store.Commit(ctx, unit.Unit{At: at, Log: []accesslog.Entry{
		{Kind: accesslog.View, At: at, Case: c.ID, Who: by.ID, Office: by.Office, What: "rating.call", Reason: "return call"},
	}})
}

// commit stores a rating with the word that its other node has to hear.
func (d *Desk) commit(ctx context.Context, u unit.Unit, c casefile.Case, r rating.Rating) error {
	u.Ratings = append(u.Ratings, r)
	if w, to, ok := r.Tell(d.Kit.Me); ok {
		body, err := proof.Marshal(w)
		if err != nil {
			return err
		}
		if err := d.Kit.Post(&u, exchange.Envelope{
			ID: unit.NewID(), To: to, Kind: exchange.Rating, Case: c.ID, Leg: c.Legs[0].Key, At: u.At, Private: body,
		}); err != nil {
			return err
		}
	}
	if err := d.Store.Commit(ctx, u); err != nil {
		return err
	}
	if len(u.Out) > 0 {
		d.Kit.Woken()
	}
	return nil
}
