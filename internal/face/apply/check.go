package apply

import (
	"context"
	"net/http"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/fee"
	"tongban/internal/domain/item"
	"tongban/internal/domain/journey"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

// consentText is the version of the words that the check page shows; a change of the wording gets a new one.
const consentText = "apply-consent-1"

// check is E-18: everything once more, with a way to change each, and what is agreed to by submitting.
func (f *Face) check(w http.ResponseWriter, r *http.Request, d draft) error {
	if err := d.due(string(journey.Check)); err != nil {
		return err
	}
	there, err := f.cfg.Kit.OfficeAt(d.There)
	if err != nil {
		return err
	}
	v, _ := f.cfg.Gate.Visitor(r)
	prints, err := f.prints(r.Context(), v, d)
	if err != nil {
		return err
	}
	why := ""
	if code := page.WhyNot(r); code != 0 {
		said := code.Text(d.lang)
		why = said.What + page.T(r.Context(), "apply.sign.join") + said.Next
	}
	return f.show(w, r, http.StatusOK, page.T(r.Context(), "apply.check.title"), d.back(string(journey.Check)), checkPage(f, d, there, prints, why))
}

// done is E-20. It can be kept as a bookmark: it is the receipt for as long as the case is kept.
func (f *Face) done(w http.ResponseWriter, r *http.Request, v visit) error {
	d, err := f.cfg.Desk.Open(r.Context(), v.Person, r.PathValue("id"))
	if err != nil {
		return err
	}
	if d.Case == "" {
		return errs.New(errs.StepNotDue, "draft %s", d.ID)
	}
	c, err := f.cfg.Desk.Cases.Case(r.Context(), d.ID)
	if err != nil {
		return err
	}
	if err := f.cfg.Desk.Looked(r.Context(), c.For(v.Person), "apply.done"); err != nil {
		return err
	}
	holder, _ := f.cfg.Kit.Office(c.Legs[0].Office)
	return f.show(w, r, http.StatusOK, page.T(r.Context(), "apply.done.title"), "/cases", donePage(f, c, holder))
}

// answerRows are the values that the applicant gave, each with a way to change it.
func (f *Face) answerRows(ctx context.Context, d draft) []page.Row {
	var out []page.Row
	for _, q := range d.V.Questions {
		if q.If.Holds(d.Said) != item.Yes {
			continue
		}
		label := pick(d.lang, q.Text, q.TextEn)
		out = append(out, page.Row{Key: label, Value: page.T(ctx, "apply.ask."+yesNo(d, q.Key)), Actions: []page.Action{{
			Href: d.path("ask/" + q.Key), Text: page.T(ctx, "apply.change"), Hidden: label,
		}}})
	}
	values := f.cfg.Desk.Values(d.Draft, d.V)
	for _, q := range journey.Questions(d.Draft, d.V) {
		label := pick(d.lang, q.Field.Label, q.Field.LabelEn)
		value := f.shown(ctx, d.lang, q.Field, values[q.Field.Key])
		if value == "" {
			value = page.T(ctx, "apply.check.empty")
		}
		out = append(out, page.Row{Key: label, Value: value, Actions: []page.Action{{
			Href: d.path("q/" + q.Field.Key), Text: page.T(ctx, "apply.change"), Hidden: label,
		}}})
	}
	return out
}

// madeRows are the values that follow from others.
func (f *Face) madeRows(_ context.Context, d draft) []page.Row {
	var out []page.Row
	values := f.cfg.Desk.Values(d.Draft, d.V)
	for _, field := range d.V.Form.Fields {
		if field.Source == item.Derived && values[field.Key] != "" {
			out = append(out, page.Row{
				Key: pick(d.lang, field.Label, field.LabelEn), Value: values[field.Key], Source: pick(d.lang, field.Reason, field.ReasonEn),
			})
		}
	}
	return out
}

func paperRows(ctx context.Context, d draft) []page.Row {
	var out []page.Row
	for _, p := range journey.Papers(d.Draft, d.V) {
		if p.Source == "" && !p.Material.Required {
			continue
		}
		row := page.Row{Key: pick(d.lang, p.Material.Name, p.Material.NameEn), Value: paperStatus(ctx, d, p)}
		if len(p.Ways) > 0 {
			row.Actions = []page.Action{{Href: d.path(string(journey.Materials)), Text: page.T(ctx, "apply.change"), Hidden: row.Key}}
		}
		out = append(out, row)
	}
	return out
}

func officeName(lang string, o office.Office) string { return pick(lang, o.Name, o.NameEn) }

// nextDay is the first date that something must have happened by.
func nextDay(ctx context.Context, c casefile.Case) string {
	due, ok := c.Due()
	if !ok {
		return ""
	}
	return day(ctx, due.On)
}

// quote is what the application costs, as it stands.
func (f *Face) quote(d draft) fee.Quote { return fee.Of(d.V, d.Said, workday.DateOf(f.now())) }

// costs reports whether the matter of a case has a fee, so that its receipt leads to it.
func (f *Face) costs(c casefile.Case) bool {
	v, err := f.cfg.Kit.Catalogue.VersionByDigest(c.Rule.Digest)
	return err == nil && fee.Of(v, c.Private.Said, c.Rule.On).Charged()
}
