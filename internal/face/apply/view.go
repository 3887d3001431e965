package apply

import (
	"context"
	"slices"
	"strings"
	"time"

	"tongban/internal/domain/item"
	"tongban/internal/domain/journey"
	"tongban/internal/domain/party"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

func dayOf(ctx context.Context, t time.Time) string { return day(ctx, workday.DateOf(t)) }

// silent are the questions that a source should have answered.
func silent(d draft) []journey.Asked {
	return slices.DeleteFunc(journey.Questions(d.Draft, d.V), func(q journey.Asked) bool { return q.Why == "" })
}

// readers are the registers whose values go with the application, by name.
func readers(d draft) string {
	var names []string
	for _, x := range journey.FoundFields(d.Draft, d.V) {
		if n := pick(d.lang, x.From.Name, x.From.NameEn); x.Value != "" && !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	for _, p := range journey.Papers(d.Draft, d.V) {
		if n := pick(d.lang, p.From.Name, p.From.NameEn); (p.Source == "shared" || p.Source == "elicence") && !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	return strings.Join(names, pick(d.lang, "\u3001", ", "))
}

func changeText(ctx context.Context, lang string, c journey.Change) string {
	name := pick(lang, c.Name, c.NameEn)
	if c.What == "limit" {
		name = page.T(ctx, "apply.rules.limits."+c.Name)
	}
	return page.T(ctx, "apply.rules."+c.What+"."+c.How, name)
}

// firstID is the id of the input that an error leads to.
func firstID(v questionView) string {
	if v.Q.Field.Type == item.Date {
		return "answer-year"
	}
	return "answer"
}

func choices(v questionView) []page.Choice { return options(v.D.lang, v.Q.Field) }

func options(lang string, f item.Field) []page.Choice {
	var out []page.Choice
	for _, o := range f.Options {
		out = append(out, page.Choice{Value: o.Value, Text: pick(lang, o.Label, o.LabelEn)})
	}
	return out
}

func phrases(v questionView) []string { return strings.Split(v.Value, item.ScopeJoin) }

func dateParams(v questionView) page.DateInputParams {
	p := page.DateInputParams{Name: "answer", Legend: v.Label, LegendClass: "govuk-fieldset__legend--xl", Heading: true, Hint: v.Hint, Error: v.Error}
	parts := strings.SplitN(v.Value, "-", 3)
	for i, to := range []*string{&p.Year, &p.Month, &p.Day} {
		if i < len(parts) {
			*to = parts[i]
		}
	}
	return p
}

func inputMode(f item.Field) string {
	switch f.Type { //nolint:exhaustive // the others are words
	case item.Money, item.Percent:
		return "decimal"
	case item.Region:
		return "numeric"
	}
	return ""
}

func suffix(ctx context.Context, f item.Field) string {
	switch f.Type { //nolint:exhaustive // the others have none
	case item.Money:
		return page.T(ctx, "apply.q.yuan")
	case item.Percent:
		return "%"
	}
	return ""
}

// autocomplete helps a browser that knows its owner (WCAG 1.3.5); everything else is about the matter and not the person.
func autocomplete(f item.Field) string {
	switch f.From {
	case "account.phone":
		return "tel"
	case "idcard.name", "account.name":
		return "name"
	}
	return "off"
}

func wayErrors(d draft, wrong map[string]string) []page.FieldError {
	var out []page.FieldError
	for _, p := range journey.Papers(d.Draft, d.V) {
		if s := wrong[p.Material.Key]; s != "" {
			out = append(out, page.FieldError{Field: "way." + p.Material.Key, Text: s})
		}
	}
	return out
}

func wayHint(ctx context.Context, d draft, p journey.Paper) string {
	out := paperWhy(ctx, d, p)
	if p.Material.When != "" {
		out = strings.TrimSpace(page.T(ctx, "apply.materials.when", p.Material.When) + " " + out)
	}
	return out
}

func uploadKind(p journey.Paper) string {
	if p.Done {
		return "secondary"
	}
	return ""
}

func guestName(p party.Person) string { return party.MaskName(p.Name) }

func guestText(ctx context.Context, g *journey.Guest, now time.Time) string {
	switch {
	case g.Over(now):
		return page.T(ctx, "apply.invite.state.over")
	case g.State == journey.Joined:
		return page.T(ctx, "apply.invite.state.joined", guestName(g.Person), moment(ctx, g.Settled))
	case g.State == journey.Declined:
		return page.T(ctx, "apply.invite.state.declined", moment(ctx, g.Settled))
	}
	return page.T(ctx, "apply.invite.state.invited", dayOf(ctx, g.Until))
}

func inviteKind(f item.Field) string {
	if f.Required {
		return ""
	}
	return "secondary"
}

func goOn(ctx context.Context, d draft) string {
	if d.Guest == nil {
		return page.T(ctx, "apply.invite.without")
	}
	return page.T(ctx, "apply.continue")
}
