package dispatch

import (
	"context"
	"io"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/depart"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/office"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

// What became of an answer.
const (
	Applied = "applied" // it is done here
	Person  = "person"  // it is kept, and a person looks at it
	Closed  = "closed"  // the case is no longer the system's; nothing was done
)

// answered reports whether an error is a word on the answer itself, so that repeating it changes nothing.
func answered(err error) bool {
	switch errs.KindOf(err) {
	case errs.Invalid, errs.Unauthenticated, errs.Forbidden, errs.NotFound, errs.Conflict, errs.TooLarge:
		return true
	case errs.Internal, errs.Unavailable, errs.Exhausted, errs.Corrupt:
	}
	return false
}

// Take deals with an answer of a system, once: repeated, it gives the same outcome and changes nothing. Errors:
// errs.AnswerUnread for one that cannot be read, errs.WorkMissing for work that this system was not given, errs.AnswerDiffers for
// another answer under an id that was used. Any other error means that nothing was done and that it should come again.
func (d *Desk) Take(ctx context.Context, system string, a depart.Answer) (outcome string, err error) {
	if err := a.Check(); err != nil {
		return "", err
	}
	err = unit.Retry(ctx, func() error {
		outcome, err = d.take(ctx, system, a)
		if errs.Is(err, errs.Repeated) { // it came twice at once: the other one counts
			outcome, err = d.take(ctx, system, a)
		}
		return err
	})
	return outcome, err
}

func (d *Desk) take(ctx context.Context, system string, a depart.Answer) (string, error) {
	body, err := proof.Marshal(a)
	if err != nil {
		return "", err
	}
	hash := proof.HashOf(body)
	before, err := d.Store.Heard(ctx, system, a.ID)
	switch {
	case err == nil && before.Hash != hash:
		return "", errs.New(errs.AnswerDiffers, "%s %s", system, a.ID)
	case err == nil:
		return before.Outcome, d.finish(ctx, system, a, before.Outcome)
	case !errs.Is(err, errs.Missing):
		return "", err
	}
	w, err := d.Store.Work(ctx, a.Work)
	if errs.Is(err, errs.Missing) || err == nil && w.System != system {
		return "", errs.New(errs.WorkMissing, "%s %s", system, a.Work)
	}
	if err != nil {
		return "", err
	}
	c, err := d.Store.Case(ctx, w.Case)
	if err != nil {
		return "", err
	}
	heard := unit.Heard{System: system, ID: a.ID, Work: w.ID, Hash: hash, At: d.now()}
	if _, open := depart.Leg(c); !open || !w.Open() {
		return d.late(ctx, w, heard)
	}
	s, ok := d.Book.Of(system, workday.DateOf(w.At))
	if !ok {
		return "", errs.New(errs.SystemUnknown, "%s", system)
	}
	deed, err := s.Read(a)
	if err == nil {
		err = d.do(ctx, s, w, c, a, deed, heard)
	}
	switch {
	case err == nil:
		return Applied, d.finish(ctx, system, a, Applied)
	case errs.Is(err, errs.Stale), errs.Is(err, errs.Repeated), !answered(err):
		return "", err
	}
	return d.puzzled(ctx, s, w, a, heard, errs.CodeOf(err))
}

// late notes an answer that came when the case was no longer the system's: withdrawn, taken back, decided here.
func (d *Desk) late(ctx context.Context, w depart.Work, h unit.Heard) (string, error) {
	h.Outcome = Closed
	return Closed, d.Store.Commit(ctx, unit.Unit{At: h.At, Heard: &h, Log: []accesslog.Entry{
		{Kind: accesslog.Act, At: h.At, Case: w.Case, Who: w.System, Office: w.Office, What: "system.late", Reason: h.ID},
	}})
}

// puzzled keeps an answer for a person. Nothing of it is lost, and the system goes on working.
func (d *Desk) puzzled(ctx context.Context, s depart.System, w depart.Work, a depart.Answer, h unit.Heard, why errs.Code) (string, error) {
	h.Outcome = Person
	w.State, w.Answer, w.Why, w.Done, w.Tries, w.Next = depart.Puzzled, &a, why, h.At, 0, d.poll(s)
	return Person, d.Store.Commit(ctx, unit.Unit{At: h.At, Heard: &h, Works: []depart.Work{w}, Log: []accesslog.Entry{
		{Kind: accesslog.Act, At: h.At, Case: w.Case, Who: w.System, Office: w.Office, What: "system.puzzled", Reason: h.ID},
	}})
}

// account is who acts: the system, for a person on its office's staff.
func (d *Desk) account(s depart.System, who depart.Staff) casefile.Actor {
	return casefile.Actor{ID: s.Account(who.No), Name: who.Name, Office: s.Office, Node: d.Kit.Me, Roles: []office.Role{office.System}}
}

// do does what an answer says. What the law wants before it (acceptance before a decision) is done first, in the name of who looked
// the papers through. The answer counts with the last act.
func (d *Desk) do(ctx context.Context, s depart.System, w depart.Work, c casefile.Case, a depart.Answer, deed depart.Deed, h unit.Heard) error {
	h.Outcome = Applied
	by := d.account(s, a.Officer)
	leg, _ := depart.Leg(c)
	row := c.Row
	if deed.Act == casefile.ActDecide && leg.State == casefile.Received {
		first := by
		if a.Checked != nil {
			first = d.account(s, *a.Checked)
		}
		if _, err := d.Acts.Do(ctx, first, c.ID, row, depart.Deed{Act: casefile.ActAccept}, func(*unit.Unit) {}); err != nil {
			return err
		}
		row++ // a commit raises the version by one
	}
	w.State, w.Answer, w.Why, w.Tries, w.Done, w.Next = depart.Given, nil, 0, 0, h.At, d.poll(s)
	goesOn := deed.Act == casefile.ActAccept || deed.Act == casefile.ActAskExtend
	with := func(u *unit.Unit) {
		u.Heard = &h
		if goesOn { // an act that ends the leg ends the work by itself
			u.Works = append(u.Works, w)
		}
	}
	if deed.Act == casefile.ActAccept && leg.State == casefile.Accepted { // silence, or an officer, was first: it is so
		u := unit.Unit{At: h.At}
		with(&u)
		return d.Store.Commit(ctx, u)
	}
	if deed.Act == casefile.ActDecide || deed.Act == casefile.ActDecline {
		deed.Decision.Answers = a.Officer.Name + " " + a.Officer.No + " (" + s.Name + ")"
	}
	_, err := d.Acts.Do(ctx, by, c.ID, row, deed, with)
	return err
}

// finish sends the result on after a system's decision, if that is how its office wants it. A crash between the two is made good
// when the answer comes again, or by an officer, who finds the case among those that are decided.
func (d *Desk) finish(ctx context.Context, system string, a depart.Answer, outcome string) error {
	w, err := d.Store.Work(ctx, a.Work)
	if err != nil || outcome != Applied {
		return err
	}
	s, ok := d.Book.Of(system, workday.DateOf(w.At))
	if !ok || !s.Issue {
		return nil
	}
	deed, err := s.Read(a)
	if err != nil || deed.Act != casefile.ActDecide && deed.Act != casefile.ActDecline {
		return nil //nolint:nilerr // a mapping that changed since: an officer sends it
	}
	c, err := d.Store.Case(ctx, w.Case)
	if err != nil {
		return err
	}
	if c.Private.Decision == nil || c.Private.Decision.Officer != s.Account(a.Officer.No) {
		return nil
	}
	_, err = d.Acts.Issue(ctx, d.account(s, a.Officer), w.Case)
	if err != nil && answered(err) { // sent already, or not the system's to send
		return nil
	}
	return err
}

// File gives a system a file of a case that it works, into out; the look is in the log before the first byte. n counts the files of all
// materials, from 0. Errors: errs.WorkMissing, errs.WorkOver.
func (d *Desk) File(ctx context.Context, system, work string, n int, read func(exchange.File, io.Writer) error, out io.Writer) error {
	w, err := d.Store.Work(ctx, work)
	if errs.Is(err, errs.Missing) || err == nil && w.System != system {
		return errs.New(errs.WorkMissing, "%s %s", system, work)
	}
	if err != nil {
		return err
	}
	if !w.Open() {
		return errs.New(errs.WorkOver, "%s", work)
	}
	c, err := d.Store.Case(ctx, w.Case)
	if err != nil {
		return err
	}
	var files []exchange.File
	for _, m := range c.Private.Materials {
		files = append(files, m.Files...)
	}
	if n < 0 || n >= len(files) {
		return errs.New(errs.WorkMissing, "file %d of %d", n, len(files))
	}
	at := d.now()
	if err := d.Store.Commit(ctx, unit.Unit{At: at, Log: []accesslog.Entry{
		{Kind: accesslog.View, At: at, Case: c.ID, Who: system, Office: w.Office, What: "system.file", Reason: "work " + w.ID},
	}}); err != nil {
		return err
	}
	return read(files[n], out)
}
