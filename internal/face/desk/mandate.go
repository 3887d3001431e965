package desk

import (
	"context"
	"net/http"
	"strings"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/item"
	"tongban/internal/page"
)

// fillMandate shows who decides in another place's name by which mandate they do, how far it goes and whether it carries this case
// today. A case that is sealed by who decides has none.
func (f *Face) fillMandate(r *http.Request, v visit, view *caseView) {
	ctx, c := r.Context(), view.C
	seal, ok := c.Sealing()
	if !ok {
		return
	}
	a, inForce := f.cfg.Kit.Mandate(c, c.Day(f.now()))
	if pinned, known := f.cfg.Kit.Catalogue.AgreementBy(c.Mandate.Digest); known && (c.Unsealed() || !inForce) {
		a = pinned
	}
	t := func(key string, args ...any) string { return page.T(ctx, "mandate.desk."+key, args...) }
	view.Mandate = []page.Row{{Key: t("by"), Value: f.officeName(v.lang, seal.Office)}}
	if a.Mandate == nil {
		view.Mandate = append(view.Mandate, page.Row{Key: t("text"), Value: t("over")})
		return
	}
	name := "named"
	if a.Demo {
		name = "demo"
	}
	view.Mandate = append(view.Mandate,
		page.Row{Key: t("text"), Value: t(name, pick(v.lang, a.Title, a.TitleEn))},
		page.Row{Key: t("until"), Value: t("days", date(ctx, a.From), date(ctx, a.Until))},
		page.Row{Key: t("limits"), Value: limitsOf(ctx, v.lang, *a.Mandate)},
		page.Row{Key: t("rule"), Value: t("rules")})
	if d, _ := c.LegOf(item.Decide); d.State == casefile.Received || d.State == casefile.Accepted {
		today := t("may")
		if why := c.Against(a, inForce); why != "" {
			today = f.reasonText(r, why)
		}
		view.Mandate = append(view.Mandate, page.Row{Key: t("today"), Value: today})
	}
}

// limitsOf are the bounds of a mandate in words.
func limitsOf(ctx context.Context, lang string, m item.Mandate) string {
	var out []string
	for _, l := range m.Limits {
		out = append(out, pick(lang, l.Text, l.TextEn))
	}
	if len(out) == 0 {
		return page.T(ctx, "mandate.desk.none")
	}
	return strings.Join(out, pick(lang, "\uff1b", "; "))
}

// sealStation is the place that seals, between who decides and who hands out.
func (f *Face) sealStation(ctx context.Context, c casefile.Case) []page.Place {
	l, ok := c.Sealing()
	if !ok {
		return nil
	}
	h, running := c.Holder()
	return []page.Place{{
		Name: f.cfg.Kit.Regions.Name(l.Place), Role: page.T(ctx, "desk.role.seal"), State: page.T(ctx, "desk.state."+string(l.State)),
		Active: running && h.Leg == l.Key, Done: l.State == casefile.Done,
	}}
}

// awaiting says that a decision is on its way to be sealed.
func (f *Face) awaiting(ctx context.Context, l casefile.Leg) string {
	place := f.cfg.Kit.Regions.Name(l.Place)
	if f.reachable(l) {
		return page.T(ctx, "mandate.desk.sealing", place)
	}
	return page.T(ctx, "mandate.desk.down", place, clock(ctx, l.Transit.At))
}
