package org

import (
	"net/http"

	"tongban/internal/domain/document"
	"tongban/internal/domain/mandate"
	"tongban/internal/domain/party"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/idno"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

// mandateView is one authority as one of its parties sees it.
type mandateView struct {
	M     mandate.Record
	Rows  []page.Row
	State string // word of how it stands
	Print string // fingerprint while it waits for a signature
	Why   string // the visitor came back without signing
	Leads bool
	Agent bool   // the visitor is who acts
	Link  string // of one that is asked for, for who is asked
}

func (f *Face) mandate(w http.ResponseWriter, r *http.Request, v page.Visitor) error {
	ctx := r.Context()
	m, leads, err := f.cfg.Office.See(ctx, v.Person, r.PathValue("id"))
	if err != nil {
		return err
	}
	view := mandateView{M: m, State: m.Standing(f.today()), Leads: leads, Agent: party.SameDocument(v.Person, m.Agent)}
	if m.Open(f.today()) && view.Agent {
		view.Link = f.cfg.PublicURL + "/mandates/" + m.ID
	}
	if m.State == mandate.Drawn {
		what, err := f.cfg.Office.Asks(m)
		if err != nil {
			return err
		}
		view.Print = what.Fingerprint()
	}
	if code := page.WhyNot(r); code != 0 {
		said := code.Text(page.PrefsOf(ctx).Lang)
		view.Why = page.T(ctx, "org.problem", said.What, said.Next)
	}
	if !m.Personal() {
		view.Rows = append(view.Rows, page.Row{Key: page.T(ctx, "org.one.unit"), Value: m.Unit.Name, Source: string(m.Unit.USCC)},
			page.Row{Key: page.T(ctx, "org.representative"), Value: m.Representative.Name})
	} else if m.Representative.IDNo != "" {
		view.Rows = append(view.Rows, page.Row{Key: page.T(ctx, "org.kin.giver"), Value: m.Representative.Name, Source: idno.Mask(m.Representative.IDNo)})
	}
	view.Rows = append(view.Rows, []page.Row{
		{Key: page.T(ctx, view.word("org.one.agent", "org.kin.by")), Value: m.Agent.Name, Source: idno.Mask(m.Agent.IDNo)},
		{Key: page.T(ctx, "org.one.items"), Value: f.matters(ctx, m.Items)},
		{Key: page.T(ctx, "org.one.period"), Value: page.T(ctx, "org.one.period_value", m.From.String(), m.Until.String())},
		{Key: page.T(ctx, "org.one.given"), Value: workday.DateOf(m.Drawn).String()},
		{Key: page.T(ctx, "org.col.state"), Value: page.T(ctx, view.state())},
	}...)
	back := "/act-for"
	switch {
	case m.Personal():
		back = "/family"
	case view.Leads:
		back = "/org/" + string(m.Unit.USCC)
	}
	return f.show(w, r, http.StatusOK, page.T(ctx, view.word("org.one.title", "org.kin.one")), back, mandatePage(view))
}

// sign is the way to the provider and back: with the signature that waits for exactly this it is taken in, without it is asked for.
func (f *Face) sign(w http.ResponseWriter, r *http.Request, v page.Visitor) error {
	m, _, err := f.cfg.Office.See(r.Context(), v.Person, r.PathValue("id"))
	if err != nil {
		return err
	}
	to := "/mandates/" + m.ID
	switch {
	case m.State != mandate.Drawn:
		return page.SeeOther(w, r, to)
	case page.WhyNot(r) != 0:
		return page.SeeOther(w, r, page.Unanswered(to, errs.New(page.WhyNot(r), "signing")))
	}
	what, err := f.cfg.Office.Asks(m)
	if err != nil {
		return err
	}
	signed, ok := f.cfg.Consent.Agreed(w, r, what)
	if !ok {
		err := f.cfg.Consent.Agree(w, r, what, mandate.Level, r.URL.RequestURI())
		if errs.Is(err, errs.ProviderDown) {
			return errs.Wrap(errs.CannotSignNow, err, "mandate")
		}
		return err
	}
	if _, err := f.cfg.Office.Sign(r.Context(), v.Person, m.ID, signed); err != nil {
		return err
	}
	return page.SeeOther(w, r, to)
}

func (f *Face) act(w http.ResponseWriter, r *http.Request, v page.Visitor) error {
	a := mandate.Act(r.PathValue("act"))
	if a == mandate.Take {
		m, err := f.cfg.Office.Take(r.Context(), v.Person, r.PathValue("id"))
		if err != nil {
			return err
		}
		return page.SeeOther(w, r, "/mandates/"+m.ID)
	}
	if a != mandate.Accept && a != mandate.Decline && a != mandate.Revoke {
		return errs.New(errs.NoSuchPage, "no such act")
	}
	m, err := f.cfg.Office.Answer(r.Context(), v.Person, r.PathValue("id"), a)
	if err != nil {
		return err
	}
	return page.SeeOther(w, r, "/mandates/"+m.ID)
}

// paper is P-11, as it was signed.
func (f *Face) paper(w http.ResponseWriter, r *http.Request, v page.Visitor) error {
	m, _, err := f.cfg.Office.See(r.Context(), v.Person, r.PathValue("id"))
	if err != nil {
		return err
	}
	p, err := f.cfg.Papers.Paper(r.Context(), m.ID)
	if errs.Is(err, errs.Missing) {
		return errs.New(errs.NoSuchPaper, "not signed yet")
	}
	if err != nil {
		return err
	}
	if _, err := f.cfg.Kit.Trust().Check(p.Signed, document.Typ); err != nil {
		return err
	}
	d, err := document.Read(p.Signed)
	if err != nil {
		return err
	}
	return f.show(w, r, http.StatusOK, d.Title, "/mandates/"+m.ID, page.Document(d, page.PrintView{
		VerifyURL: f.cfg.PublicURL + d.VerifyPath, Demo: f.cfg.Demo, Bar: true,
	}))
}
