package org

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"tongban/internal/domain/mandate"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

// choice is one name in which somebody may act, or why not.
type choice struct {
	Value   string // in an address
	Name    string
	Code    string // of a unit
	Why     string // where it cannot be chosen
	Hint    string
	Offered []mandate.Record
}

// forView is E-09. Query is what was to be begun, as /apply/new reads it; none when the page was opened by itself.
type forView struct {
	Query   url.Values
	Matter  string
	Choices []choice
	Ask     string // where somebody is asked to let the visitor act in this matter; "" where its rules know no agent
}

// actFor is E-09: in whose name. With a matter in the address the choice leads on to it.
func (f *Face) actFor(w http.ResponseWriter, r *http.Request, v page.Visitor) error {
	names, err := f.cfg.Office.Names(r.Context(), v.Person)
	if err != nil {
		return err
	}
	view := forView{Query: wanted(r.URL.Query())}
	it, known := f.cfg.Kit.Catalogue.Item(view.Query.Get("item"))
	if view.Matter = pick(r.Context(), it.Name, it.NameEn); !known {
		view.Query = nil
	}
	lang, today := page.PrefsOf(r.Context()).Lang, f.today()
	for _, n := range names.List {
		c := choice{Value: string(n.Account.Org.USCC), Name: n.Account.Org.Name, Code: string(n.Account.Org.USCC)}
		until := c.standing(n.Mandates, today)
		switch {
		case n.Leads(v.Person):
			c.Hint = page.T(r.Context(), "org.for.leads")
		case !until.IsZero():
			c.Hint = page.T(r.Context(), "org.for.agent", until.String())
		}
		if known {
			_, err := names.May(n.Account.Org.USCC, it.Code, today)
			c.against(r.Context(), lang, err)
		}
		view.Choices = append(view.Choices, c)
	}
	for _, k := range names.Kin {
		c := choice{Value: page.ForKin + k.Mandates[0].ID, Name: k.Person.Name}
		if until := c.standing(k.Mandates, today); !until.IsZero() {
			c.Hint = page.T(r.Context(), "org.kin.agent", until.String())
		}
		if known {
			_, _, err := names.MayFor(k.Mandates[0].ID, it.Code, today)
			c.against(r.Context(), lang, err)
		}
		view.Choices = append(view.Choices, c)
	}
	if ver, ok := f.cfg.Kit.Catalogue.Version(it.Code, today); ok && known && ver.ByAgent() {
		view.Ask = "/family/ask?" + url.Values{"item": {it.Code}}.Encode()
	}
	return f.show(w, r, http.StatusOK, page.T(r.Context(), "org.for.title"), "/cases", forPage(view))
}

// standing notes what waits for an answer, and gives the last day on which one of the mandates lets the visitor act.
func (c *choice) standing(list []mandate.Record, today workday.Date) (until workday.Date) {
	for _, m := range list {
		switch m.Standing(today) {
		case string(mandate.Offered):
			c.Offered = append(c.Offered, m)
		case string(mandate.Accepted):
			if m.Until.After(until) {
				until = m.Until
			}
		}
	}
	return until
}

// against says why the name cannot be chosen.
func (c *choice) against(ctx context.Context, lang string, err error) {
	if err != nil {
		said := errs.CodeOf(err).Text(lang)
		c.Why = page.T(ctx, "org.for.cannot", c.Name, said.What, said.Next)
	}
}

// wanted keeps what an application begins with: a matter, two places, and the answers that the guide was given. Whatever else an
// address says goes no further.
func wanted(q url.Values) url.Values {
	out := url.Values{}
	for name, values := range q {
		begins := name == "item" || name == "here" || name == "there" || strings.HasPrefix(name, page.AnswerPrefix)
		if begins && plain.MatchString(name) && plain.MatchString(values[0]) {
			out[name] = values[:1]
		}
	}
	return out
}

// plain is what codes, places and answers are made of.
var plain = regexp.MustCompile(`^[0-9A-Za-z._-]{1,64}$`)
