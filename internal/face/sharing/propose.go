package sharing

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/domain/resource"
	"tongban/internal/domain/sharing"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

type proposeView struct {
	names
	R         resource.Resource
	G         sharing.Grant
	From      string
	Until     string
	Cost      string
	Agreement string // that is changed; "" for a new one
	Others    []office.NodeID
	Matters   []item.Item
	Numbers   map[string]string
	Problem   bool
}

// propose is the form of terms about one resource: of a new agreement, or of a change to one.
func (f *Face) propose(w http.ResponseWriter, r *http.Request, v visit) error {
	res, err := f.find(office.NodeID(r.URL.Query().Get("owner")), r.URL.Query().Get("key"))
	if err != nil {
		return err
	}
	view := proposeView{names: names{v.lang, f}, R: res, Agreement: r.URL.Query().Get("agreement"), From: f.today().String()}
	view.Until = f.today().AddDays(365).String()
	view.Numbers = map[string]string{"per_day": strconv.Itoa(min(res.PerDay, 1000)), "within_ms": "2000", "keep_days": "30"}
	view.G = sharing.Grant{ChecksOnly: true, Basis: res.Basis}
	if view.Agreement != "" {
		x, err := f.table(view.Agreement)
		if err != nil {
			return err
		}
		view.From, view.Until, view.Cost = x.Terms.From.String(), x.Terms.Until.String(), x.Terms.Cost
		for _, g := range x.Terms.Grants {
			if g.Provider == res.Owner && g.Resource == res.Key {
				view.G = g
				view.Numbers = map[string]string{"per_day": strconv.Itoa(g.PerDay), "within_ms": strconv.Itoa(g.WithinMS), "keep_days": strconv.Itoa(g.KeepDays)}
			}
		}
	}
	return f.proposeAgain(w, r, http.StatusOK, view)
}

// table is the text of an agreement that the own province has before it.
func (f *Face) table(id string) (x sharing.Text, err error) {
	ok := false
	f.cfg.Ledger.Look(func(b *sharing.Book) {
		a, _ := b.Agreement(id)
		x, ok = a.Newest(f.me())
	})
	if !ok {
		err = errs.New(errs.AgreementUnknown, "%.40q", id)
	}
	return x, err
}

func (f *Face) proposeAgain(w http.ResponseWriter, r *http.Request, code int, view proposeView) error {
	if view.R.Owner == f.me() {
		for _, n := range f.cfg.Ledger.Kit.Trust().Nodes {
			if n.ID.Member() && n.ID != f.me() {
				view.Others = append(view.Others, n.ID)
			}
		}
	}
	view.Matters = f.matters(view.R.Source)
	return f.show(w, r, code, page.T(r.Context(), "sharing.propose.title"), resourcePath(view.R), proposePage(view))
}

func (f *Face) proposed(w http.ResponseWriter, r *http.Request, v visit) error {
	form := r.PostForm
	res, err := f.find(office.NodeID(form.Get("owner")), form.Get("key"))
	if err != nil {
		return err
	}
	g := sharing.Grant{
		Provider: res.Owner, Resource: res.Key, Fields: form["fields"], ChecksOnly: form.Get("checks_only") == "1", Items: form["items"],
		Purpose: strings.TrimSpace(form.Get("purpose")), Basis: strings.TrimSpace(form.Get("basis")),
	}
	if res.Owner == f.me() {
		for _, n := range form["askers"] {
			g.Askers = append(g.Askers, office.NodeID(n))
		}
	} else {
		g.Askers = []office.NodeID{f.me()}
	}
	view := proposeView{
		names: names{v.lang, f}, R: res, G: g, From: form.Get("from"), Until: form.Get("until"), Cost: strings.TrimSpace(form.Get("cost")),
		Agreement: form.Get("agreement"), Numbers: map[string]string{},
	}
	for name, to := range map[string]*int{"per_day": &view.G.PerDay, "within_ms": &view.G.WithinMS, "keep_days": &view.G.KeepDays} {
		view.Numbers[name] = strings.TrimSpace(form.Get(name))
		if *to, err = strconv.Atoi(view.Numbers[name]); err != nil {
			*to = -1
		}
	}
	t := sharing.Terms{Cost: view.Cost, Grants: []sharing.Grant{view.G}, Parties: append([]office.NodeID{res.Owner}, g.Askers...)}
	t.From, _ = workday.ParseDate(strings.TrimSpace(view.From)) // what is no day is refused as none
	t.Until, _ = workday.ParseDate(strings.TrimSpace(view.Until))
	if view.Agreement != "" {
		x, err := f.table(view.Agreement)
		if err != nil {
			return err
		}
		t = f.changed(x.Terms, t)
	}
	st, err := f.cfg.Ledger.Propose(r.Context(), v.by, t, false)
	if errs.Is(err, errs.TermsIncomplete) {
		view.Problem = true
		return f.proposeAgain(w, r, http.StatusUnprocessableEntity, view)
	}
	if err != nil {
		return err
	}
	return page.SeeOther(w, r, agreementPath(st.Terms.Agreement))
}

// changed lays the grant of a form into the terms that stand: in place of the one about the same resource, or beside the others.
func (f *Face) changed(was, form sharing.Terms) sharing.Terms {
	t, g := was, form.Grants[0]
	t.From, t.Until, t.Cost = form.From, form.Until, form.Cost
	t.Grants, t.Parties = slices.Clone(was.Grants), slices.Clone(was.Parties)
	i := slices.IndexFunc(t.Grants, func(o sharing.Grant) bool { return o.Provider == g.Provider && o.Resource == g.Resource })
	if i < 0 {
		t.Grants = append(t.Grants, g)
	} else {
		if g.Provider != f.me() { // who asks beside us is for the provider to say
			g.Askers = was.Grants[i].Askers
		}
		t.Grants[i] = g
	}
	for _, n := range form.Parties {
		if !t.Party(n) {
			t.Parties = append(t.Parties, n)
		}
	}
	return t
}
