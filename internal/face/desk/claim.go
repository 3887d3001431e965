package desk

import (
	"context"
	"net/http"
	"net/url"
	"slices"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

// saidNone is said when there is nothing left to take, saidClaim and the others when it went well.
const (
	saidNone    = "none"
	saidClaim   = "claim"
	saidRelease = "release"
	saidAssign  = "assign"
)

// claimView is who works on a case, and what may be changed about it.
type claimView struct {
	Hand, Since   string
	Free, Mine    bool
	To            []page.Choice // for the lead: to whom it can be given
	Away          bool          // who has it is not there today
	Case, Officer string
}

// colleague is an officer's name, or the id of one who is in the register no more.
func (f *Face) colleague(at, id string) string {
	for _, o := range f.colleagues(at) {
		if o.ID == id {
			return o.Name
		}
	}
	return id
}

func (f *Face) colleagues(at string) []office.Officer {
	if f.cfg.Colleagues == nil {
		return nil
	}
	return f.cfg.Colleagues(at)
}

// claimed says who works on a case at the officer's own office.
func (f *Face) claimed(ctx context.Context, v visit, c casefile.Case) claimView {
	out := claimView{Case: c.ID, Officer: c.Claimed}
	q, at := c.At(f.cfg.Kit.Me)
	if q == "" || at != v.by.Office {
		return out
	}
	now := f.now()
	if c.Claimed != "" {
		out.Hand, out.Since = f.colleague(at, c.Claimed), clock(ctx, c.ClaimedAt)
	} else {
		_, err := casefile.Claim(c, f.cfg.Kit.Me, v.by, now)
		out.Free = err == nil
	}
	_, err := casefile.Release(c, f.cfg.Kit.Me, v.by, now)
	out.Mine = err == nil
	for _, o := range f.colleagues(at) {
		if o.ID == c.Claimed && !o.OnDuty(workday.DateOf(now)) {
			out.Away = true
		}
		if _, err := casefile.Assign(c, f.cfg.Kit.Me, v.by, o, now); err == nil && o.ID != c.Claimed {
			out.To = append(out.To, page.Choice{Value: o.ID, Text: o.Name})
		}
	}
	return out
}

// claim takes the case that is named, or the one due first that nobody has and that the officer's role can go on with.
func (f *Face) claim(w http.ResponseWriter, r *http.Request, v visit) error {
	id := r.PostForm.Get("id")
	if id == "" {
		return f.claimNext(w, r, v)
	}
	c, err := f.seen(r, v, id)
	if err != nil {
		return err
	}
	if _, err := f.cfg.Allot.Claim(r.Context(), v.by, id); err != nil {
		return f.refuse(w, r, v, c, err)
	}
	return page.SeeOther(w, r, "/desk/cases/"+id+"?said="+saidClaim)
}

// works lists the queues in which an officer can go on with a case.
func works(by casefile.Actor) []casefile.Queue {
	var out []casefile.Queue
	for role, list := range map[office.Role][]casefile.Queue{
		office.Window:   {casefile.QueueIntake, casefile.QueueCorrection, casefile.QueueReturned, casefile.QueueDeliver},
		office.Reviewer: {casefile.QueueReceived, casefile.QueueAccepted, casefile.QueueSuspended},
		office.Decider:  {casefile.QueueAccepted, casefile.QueueConcluded},
	} {
		if by.Has(role) {
			out = append(out, list...)
		}
	}
	return out
}

// mostTried bounds how many pages of cases are looked through for one to take.
const mostTried = 20

func (f *Face) claimNext(w http.ResponseWriter, r *http.Request, v visit) error {
	mine := works(v.by)
	l := casefile.Listing{View: casefile.ViewFree, Office: v.by.Office, Limit: perPage}
	for range mostTried {
		list, next, err := f.cfg.Store.List(r.Context(), l)
		if err != nil {
			return err
		}
		for _, c := range list {
			if q, _ := c.At(f.cfg.Kit.Me); !slices.Contains(mine, q) || !f.may(v, c) {
				continue
			}
			_, err := f.cfg.Allot.Claim(r.Context(), v.by, c.ID)
			if err == nil {
				return page.SeeOther(w, r, "/desk/cases/"+c.ID+"?said="+saidClaim)
			}
			if errs.KindOf(err) != errs.Conflict { // a colleague was first, or something happened to it: the next one
				return err
			}
		}
		if l.After = next; next == "" {
			break
		}
	}
	return page.SeeOther(w, r, "/desk?said="+saidNone)
}

// release gives a case back to the office.
func (f *Face) release(w http.ResponseWriter, r *http.Request, v visit) error {
	c, err := f.seen(r, v, r.PostForm.Get("id"))
	if err != nil {
		return err
	}
	if _, err := f.cfg.Allot.Release(r.Context(), v.by, c.ID); err != nil {
		return f.refuse(w, r, v, c, err)
	}
	return page.SeeOther(w, r, "/desk/cases/"+c.ID+"?said="+saidRelease)
}

// seen is a case that the officer may see.
func (f *Face) seen(r *http.Request, v visit, id string) (casefile.Case, error) {
	c, err := f.cfg.Store.Case(r.Context(), id)
	if err == nil {
		err = f.mayNot(v, c)
	}
	return c, err
}

// teamView is D-20: how the office's work is spread.
type teamView struct {
	Hands []handView
	Rows  []row
	Of    string // whose cases are listed, "" for those that nobody has
	Name  string
	Next  string
	To    []page.Choice
	Error string
	Given int
	Left  []string // numbers of cases that could not be given, each with the reason
}

type handView struct {
	Href, Name  string
	Cases, Over int
	Away, Shown bool
}

// team shows the load of each officer, who is away, and one officer's cases to give to others.
func (f *Face) team(w http.ResponseWriter, r *http.Request, v visit) error {
	return f.showTeam(w, r, v, r.URL.Query().Get("of"), teamView{})
}

func (f *Face) showTeam(w http.ResponseWriter, r *http.Request, v visit, of string, view teamView) error {
	ctx, today := r.Context(), workday.DateOf(f.now())
	hands, err := f.cfg.Store.Hands(ctx, v.by.Office, today)
	if err != nil {
		return err
	}
	view.Of = of
	view.Hands = f.loads(ctx, v, hands, of, today)
	for _, h := range view.Hands {
		if h.Shown {
			view.Name = h.Name
		}
	}
	for _, o := range f.colleagues(v.by.Office) {
		if o.ID != of && o.OnDuty(today) && office.Ever(o.Roles, office.ClaimCase) {
			view.To = append(view.To, page.Choice{Value: o.ID, Text: o.Name})
		}
	}
	l := casefile.Listing{View: casefile.ViewFree, Office: v.by.Office, Officer: of, After: r.URL.Query().Get("after"), Limit: perPage}
	if of != "" {
		l.View = casefile.ViewMine
	}
	list, next, err := f.cfg.Store.List(ctx, l)
	if err != nil {
		return err
	}
	for _, c := range list {
		if f.may(v, c) {
			view.Rows = append(view.Rows, f.row(r, v, c))
		}
	}
	if next != "" {
		view.Next = teamHref(of, next)
	}
	fr := f.Frame(r)
	fr.Title = page.T(ctx, "desk.team.title")
	code := http.StatusOK
	if view.Error != "" {
		fr.HasError, code = true, http.StatusUnprocessableEntity
	}
	return page.Show(w, r, code, fr, teamPage(view))
}

// loads is a line for what nobody has, for each officer of the office, and for whoever left the register with cases in hand.
func (f *Face) loads(ctx context.Context, v visit, hands []casefile.Hand, of string, today workday.Date) []handView {
	by := map[string]casefile.Hand{}
	for _, h := range hands {
		by[h.ID] = h
	}
	out := []handView{{Href: teamHref("", ""), Name: page.T(ctx, "desk.team.nobody"), Cases: by[""].Cases, Over: by[""].Over, Shown: of == ""}}
	delete(by, "")
	for _, o := range f.colleagues(v.by.Office) {
		if h, works := by[o.ID]; works || office.Ever(o.Roles, office.ClaimCase) {
			out = append(out, handView{
				Href: teamHref(o.ID, ""), Name: o.Name, Cases: h.Cases, Over: h.Over, Away: !o.OnDuty(today), Shown: of == o.ID,
			})
		}
		delete(by, o.ID)
	}
	for _, h := range hands {
		if left, ok := by[h.ID]; ok {
			out = append(out, handView{Href: teamHref(h.ID, ""), Name: h.ID, Cases: left.Cases, Over: left.Over, Away: true, Shown: of == h.ID})
		}
	}
	return out
}

// mostGiven is how many cases one form gives away: a page of them.
const mostGiven = perPage

// assign gives the ticked cases to an officer. Each is its own change: one that cannot be given keeps no other back.
func (f *Face) assign(w http.ResponseWriter, r *http.Request, v visit) error {
	ctx, of, ids := r.Context(), r.PostForm.Get("of"), r.PostForm["id"]
	var to office.Officer
	for _, o := range f.colleagues(v.by.Office) {
		if o.ID == r.PostForm.Get("to") {
			to = o
		}
	}
	view := teamView{}
	switch {
	case len(ids) == 0 || len(ids) > mostGiven:
		view.Error = page.T(ctx, "desk.team.tick")
	case to.ID == "":
		view.Error = page.T(ctx, "desk.team.whom")
	}
	if view.Error != "" {
		return f.showTeam(w, r, v, of, view)
	}
	for _, id := range ids {
		c, err := f.seen(r, v, id)
		if err == nil {
			_, err = f.cfg.Allot.Assign(ctx, v.by, id, to)
		}
		switch {
		case err == nil:
			view.Given++
		case len(ids) == 1:
			return err
		case c.ID == "":
			return err
		default:
			view.Left = append(view.Left, page.T(ctx, "desk.team.left", string(c.No), words(v.lang, err)))
		}
	}
	if r.PostForm.Get("back") == "case" {
		return page.SeeOther(w, r, "/desk/cases/"+ids[0]+"?said="+saidAssign)
	}
	return f.showTeam(w, r, v, of, view)
}

func teamHref(of, after string) string {
	q := url.Values{}
	for name, value := range map[string]string{"of": of, "after": after} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if len(q) == 0 {
		return "/desk/team"
	}
	return "/desk/team?" + q.Encode()
}
