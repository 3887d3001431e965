package evaluate

import (
	"context"
	"time"

	"github.com/google/uuid"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/complaint"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/notice"
	"tongban/internal/domain/office"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

// ComplaintStore is where cases and complaints are kept. Commit is durable when it returns and fails as unit.Unit says. Safe for
// concurrent use.
type ComplaintStore interface {
	Case(ctx context.Context, id string) (casefile.Case, error)
	Complaint(ctx context.Context, id string) (complaint.Complaint, error)
	Complaints(ctx context.Context, caseID string) ([]complaint.Complaint, error)
	ComplaintsToDo(ctx context.Context, todo complaint.Todo, limit int) ([]complaint.Complaint, error)
	Commit(ctx context.Context, u unit.Unit) error
}

// Complaints takes complaints about a case and brings each to those who watch over the office that it is about, also in another
// province. The office itself neither sees nor answers it: officers who handle cases have no right to.
type Complaints struct {
	Kit   *unit.Kit
	Store ComplaintStore
}

// Of gives the complaints of a case, the oldest first, and what can be complained about now.
func (d *Complaints) Of(ctx context.Context, c casefile.Case) ([]complaint.Chance, []complaint.Complaint, error) {
	made, err := d.Store.Complaints(ctx, c.ID)
	if err != nil || c.Coordinator != d.Kit.Me {
		return nil, made, err
	}
	return complaint.Chances(c, made, d.Kit.Complaints.On(workday.DateOf(d.Kit.Now()))), made, nil
}

// Make keeps the applicant's complaint about a case that is coordinated here. A second submit of one form changes nothing. It returns
// the errors of complaint.New.
func (d *Complaints) Make(ctx context.Context, c casefile.Case, w complaint.Wish) error {
	if id, err := uuid.Parse(w.ID); err != nil || id.Version() != 7 || id.String() != w.ID {
		return errs.New(errs.BadRequest, "form without its key")
	}
	made, err := d.Store.Complaints(ctx, c.ID)
	if err != nil {
		return err
	}
	for _, x := range made {
		if x.ID == w.ID {
			return nil
		}
	}
	x, err := complaint.New(c, d.Kit.Me, made, w, d.Kit.Complaints, d.Kit.Calendar, d.Kit.Now())
	if err != nil {
		return err
	}
	u := unit.Unit{At: x.At, Log: []accesslog.Entry{{Kind: accesslog.Act, At: x.At, Case: c.ID, Who: c.Visitor(), What: "complaint"}}}
	return d.commit(ctx, u, c, x)
}

// List is what the officer's province has to do.
func (d *Complaints) List(ctx context.Context, by casefile.Actor, todo complaint.Todo, limit int) ([]complaint.Complaint, error) {
	if err := by.Officer().May(office.SeeComplaints, d.matter()); err != nil {
		return nil, err
	}
	return d.Store.ComplaintsToDo(ctx, todo, limit)
}

// See reads one; errs.NoSuchComplaint for none.
func (d *Complaints) See(ctx context.Context, by casefile.Actor, id string) (complaint.Complaint, error) {
	if err := by.Officer().May(office.SeeComplaints, d.matter()); err != nil {
		return complaint.Complaint{}, err
	}
	x, err := d.Store.Complaint(ctx, id)
	if errs.Is(err, errs.Missing) {
		return x, errs.New(errs.NoSuchComplaint, "not here")
	}
	return x, err
}

func (d *Complaints) matter() office.Matter {
	return office.Matter{On: workday.DateOf(d.Kit.Now())}
}

// Do is a step of oversight; row is the complaint as it was seen. Errors: those of office.Officer.May and complaint.Complaint.Do,
// errs.NoSuchComplaint, errs.Stale.
func (d *Complaints) Do(ctx context.Context, by casefile.Actor, id string, row int64, a complaint.Act, text string) error {
	x, err := d.See(ctx, by, id)
	if err != nil {
		return err
	}
	if right, ok := x.Acts(d.Kit.Me)[a]; ok {
		if err := by.Officer().May(right, d.matter()); err != nil {
			return err
		}
	}
	if x.Row != row {
		return errs.New(errs.Stale, "complaint %s was read at %d, is at %d", id, row, x.Row)
	}
	c, err := d.Store.Case(ctx, x.Case)
	if err != nil {
		return err
	}
	now := d.Kit.Now().UTC().Truncate(time.Microsecond)
	next, err := x.Do(d.Kit.Me, a, by.ID, text, d.Kit.Complaints, d.Kit.Calendar, now)
	if err != nil {
		return err
	}
	u := unit.Unit{At: now, Log: []accesslog.Entry{
		{Kind: accesslog.Act, At: now, Case: x.Case, Who: by.ID, Office: by.Office, What: "complaint." + string(a)},
	}}
	if next.Care.State == complaint.Answered && x.Care.State == complaint.Taken && next.Taker == d.Kit.Me {
		d.Kit.Notify(&u, notice.Answer(c, next.ID, len(next.Care.Steps), next.Office, now))
	}
	return d.commit(ctx, u, c, next)
}

// Whom is whom to call: only while the call is due. The look is logged before it is shown.
func (d *Complaints) Whom(ctx context.Context, by casefile.Actor, x complaint.Complaint) (casefile.Case, error) {
	if err := by.Officer().May(office.CallComplaint, d.matter()); err != nil {
		return casefile.Case{}, err
	}
	if x.Todo(d.Kit.Me) != complaint.Calls {
		return casefile.Case{}, errs.New(errs.ComplaintMove, "no call is due")
	}
	c, err := d.Store.Case(ctx, x.Case)
	if err != nil {
		return c, err
	}
	at := d.Kit.Now().UTC().Truncate(time.Microsecond)
	return c, d.Store.Commit(ctx, unit.Unit{At: at, Log: []accesslog.Entry{
		{Kind: accesslog.View, At: at, Case: c.ID, Who: by.ID, Office: by.Office, What: "complaint.call", Reason: "return call"},
	}})
}

// commit stores a complaint with the word that its other node has to hear.
func (d *Complaints) commit(ctx context.Context, u unit.Unit, c casefile.Case, x complaint.Complaint) error {
	u.Complaints = append(u.Complaints, x)
	if w, to, ok := x.Tell(d.Kit.Me); ok {
		body, err := proof.Marshal(w)
		if err != nil {
			return err
		}
		if err := d.Kit.Post(&u, exchange.Envelope{
			ID: unit.NewID(), To: to, Kind: exchange.Complaint, Case: c.ID, Leg: c.Legs[0].Key, At: u.At, Private: body,
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
