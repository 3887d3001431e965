package entrance

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/item"
	"tongban/internal/domain/mandate"
	"tongban/internal/domain/message"
	"tongban/internal/domain/party"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

const (
	// mostCases is how many cases 我的办件 shows.
	mostCases = 100
	// patience is how long a hand-over may take before the page says that the other place cannot be reached.
	patience = time.Minute
)

// line is one case of the list.
type line struct {
	casefile.Case
	Name   string
	Status page.Status
	Head   string // the headline
	Due    string
	Lost   *lost // who holds it cannot be reached
}

// group is one of the three parts of 我的办件.
type group struct {
	Key   string
	Lines []line
}

// cases is /cases: the signed-in person's cases at this province.
func (e *entrance) cases(w http.ResponseWriter, r *http.Request) error {
	v, err := e.visitor(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	var found []casefile.Case
	names, err := e.names(ctx, v)
	if err != nil {
		return err
	}
	if v.Person.IDNo != "" {
		by := append([]party.Lookup{{Kind: party.ByNumber, Value: v.Person.IDNo}}, names.Lookups()...)
		if found, err = e.store.Find(ctx, by, mostCases); err != nil {
			return err
		}
	}
	groups := []group{{Key: "needs"}, {Key: "running"}, {Key: "finished"}}
	var log []accesslog.Entry
	for _, c := range found {
		if names.Sees(c, workday.DateOf(e.Now())) != nil { // somebody else's, or authority that is over
			continue
		}
		log = append(log, e.seen(c.For(v.Person), "entrance.cases"))
		d := e.state(ctx, c, nil)
		l := line{Case: c, Name: e.itemOf(ctx, c), Status: statusOf(c), Head: d.Head, Due: d.Due.Date, Lost: d.Lost}
		g := &groups[d.group()]
		g.Lines = append(g.Lines, l)
	}
	if err := e.note(ctx, log); err != nil {
		return err
	}
	drafts, err := e.draftLines(ctx, v)
	if err != nil {
		return err
	}
	return e.show(w, r, http.StatusOK, page.T(ctx, "entrance.cases.title"), func(f *page.Frame) {
		f.Back = "/"
		for _, said := range []string{"saved", "dropped"} {
			if r.URL.Query().Get(said) != "" {
				f.Flash = page.T(ctx, "apply.flash."+said)
			}
		}
	}, casesPage(e, groups, drafts, e.away(ctx, v, found), len(log), v.Person.IDNo == ""))
}

// lostLines name every province that holds one of the cases and cannot be reached, once each.
func lostLines(ctx context.Context, groups []group) []string {
	var out []string
	for _, g := range groups {
		for _, l := range g.Lines {
			if l.Lost == nil {
				continue
			}
			if words := page.T(ctx, "public.unreachable.known_list", l.Lost.Name, l.Lost.Since); !slices.Contains(out, words) {
				out = append(out, words)
			}
		}
	}
	return out
}

// draftLine is one application that is still being prepared.
type draftLine struct{ ID, Name, Saved, Until string }

func (e *entrance) draftLines(ctx context.Context, v page.Visitor) ([]draftLine, error) {
	if e.drafts == nil {
		return nil, nil
	}
	list, err := e.drafts.Mine(ctx, v.Person)
	if err != nil {
		return nil, err
	}
	var out []draftLine
	for _, d := range list {
		out = append(out, draftLine{d.ID, e.itemOf(ctx, casefile.Case{Item: d.Item}), moment(ctx, d.Saved), day(ctx, workday.DateOf(d.Expires()))})
	}
	return out, nil
}

// names are the units that the visitor has to do with.
func (e *entrance) names(ctx context.Context, v page.Visitor) (mandate.Names, error) {
	if e.units == nil {
		return mandate.Names{Who: v.Person}, nil
	}
	return e.units.Names(ctx, v.Person)
}

// sees refuses a case that is neither the visitor's own nor of a unit that they act for in that matter today.
func (e *entrance) sees(ctx context.Context, v page.Visitor, c casefile.Case) error {
	if c.Own(v.Person) {
		return nil
	}
	names, err := e.names(ctx, v)
	if err != nil {
		return err
	}
	return names.Sees(c, workday.DateOf(e.Now()))
}

// own loads the case of the address if it is the visitor's. Somebody else's case and none at all are the same answer.
func (e *entrance) own(r *http.Request) (casefile.Case, error) {
	v, err := e.visitor(r)
	if err != nil {
		return casefile.Case{}, err
	}
	no, err := casefile.ParseNo(r.PathValue("no"))
	if err != nil {
		return casefile.Case{}, errs.New(errs.NoSuchCase, "no case number")
	}
	c, err := e.store.CaseByNo(r.Context(), no)
	switch {
	case errs.Is(err, errs.Missing):
		return casefile.Case{}, errs.New(errs.NoSuchCase, "not here")
	case err != nil:
		return casefile.Case{}, err
	}
	if err := e.sees(r.Context(), v, c); err != nil {
		return casefile.Case{}, err
	}
	return c.For(v.Person), nil
}

// seen is the log entry of a look at a case by whoever opened it.
func (e *entrance) seen(c casefile.Case, what string) accesslog.Entry {
	return accesslog.Entry{Kind: accesslog.View, At: e.Now().UTC().Truncate(time.Microsecond), Case: c.ID, Who: c.Visitor(), What: what}
}

// note makes the entries durable; only then may the page be shown.
func (e *entrance) note(ctx context.Context, log []accesslog.Entry) error {
	if len(log) == 0 {
		return nil
	}
	return e.store.Commit(ctx, unit.Unit{At: log[0].At, Log: log})
}

func (e *entrance) itemOf(ctx context.Context, c casefile.Case) string {
	it, ok := e.Catalogue.Item(c.Item)
	if !ok {
		return c.Item
	}
	return itemName(ctx, it)
}

// caseOne is /cases/{no}.
func (e *entrance) caseOne(w http.ResponseWriter, r *http.Request) error {
	c, err := e.own(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	facts, err := e.store.Facts(ctx, c.ID)
	if err != nil {
		return err
	}
	papers, err := e.store.PaperHeads(ctx, c.ID)
	if err != nil {
		return err
	}
	d := e.state(ctx, c, facts)
	d.Events = e.events(ctx, c, facts)
	d.Papers = papers
	if d.Told, err = e.told(ctx, c.ID); err != nil {
		return err
	}
	thread, err := e.store.Messages(ctx, c.ID)
	if err != nil {
		return err
	}
	d.Unread = message.Unread(thread, message.Applicant)
	if d.Fee, err = e.fee(ctx, c); err != nil {
		return err
	}
	if err := e.originals(ctx, c, &d); err != nil {
		return err
	}
	if err := e.note(ctx, []accesslog.Entry{e.seen(c, "entrance.case")}); err != nil {
		return err
	}
	return e.show(w, r, http.StatusOK, page.T(ctx, "entrance.case.title", string(c.No)), func(f *page.Frame) {
		f.Back = "/cases"
		if r.URL.Query().Get("withdrawn") != "" {
			f.Flash = page.T(ctx, "entrance.withdraw.flash")
		}
		if r.URL.Query().Get("mended") != "" {
			f.Flash = page.T(ctx, "apply.mend.done")
		}
	}, casePage(e, c, d))
}

// fix is /cases/{no}/fix: what is missing, and where to bring it.
func (e *entrance) fix(w http.ResponseWriter, r *http.Request) error {
	c, err := e.own(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	switch {
	case c.Status() != casefile.StatusCorrection || len(c.Private.Corrections) == 0:
		return page.SeeOther(w, r, "/cases/"+string(c.No))
	case c.Local(): // no window has it: it is answered here
		return page.SeeOther(w, r, "/cases/"+string(c.No)+"/mend")
	}
	papers, err := e.store.PaperHeads(ctx, c.ID)
	if err != nil {
		return err
	}
	if err := e.note(ctx, []accesslog.Entry{e.seen(c, "entrance.fix")}); err != nil {
		return err
	}
	return e.show(w, r, http.StatusOK, page.T(ctx, "entrance.fix.title", len(c.Private.Corrections)),
		func(f *page.Frame) { f.Back = "/cases/" + string(c.No) }, fixPage(e, c, papers))
}

// withdrawAsk is the page before a withdrawal.
func (e *entrance) withdrawAsk(w http.ResponseWriter, r *http.Request) error {
	c, err := e.own(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	facts, err := e.store.Facts(ctx, c.ID)
	if err != nil {
		return err
	}
	if !e.state(ctx, c, facts).Withdrawable {
		return page.SeeOther(w, r, "/cases/"+string(c.No))
	}
	if err := e.note(ctx, []accesslog.Entry{e.seen(c, "entrance.withdraw")}); err != nil {
		return err
	}
	return e.show(w, r, http.StatusOK, page.T(ctx, "entrance.withdraw.title"),
		func(f *page.Frame) { f.Back = "/cases/" + string(c.No) }, withdrawPage(e, c))
}

// withdraw ends the case at the applicant's wish, or asks the place that decides to stop. A second submit shows the case.
func (e *entrance) withdraw(w http.ResponseWriter, r *http.Request) error {
	c, err := e.own(r)
	if err != nil {
		return err
	}
	to := "/cases/" + string(c.No)
	facts, err := e.store.Facts(r.Context(), c.ID)
	if err != nil {
		return err
	}
	if d := e.state(r.Context(), c, facts); d.Asked || c.Status() == casefile.StatusWithdrawn {
		return page.SeeOther(w, r, to)
	}
	row, err := strconv.ParseInt(r.PostForm.Get("row"), 10, 64)
	if err != nil {
		return errs.New(errs.BadRequest, "row")
	}
	if _, err := e.lodge.WithdrawOwn(r.Context(), c, row); err != nil {
		return err
	}
	return page.SeeOther(w, r, to+"?withdrawn=1")
}

// leg is a leg by its kind; the zero Leg if the case has none.
func leg(c casefile.Case, kind item.LegKind) casefile.Leg {
	l, _ := c.LegOf(kind)
	return l
}
