package desk

import (
	"context"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/original"
	"tongban/internal/page"
)

func tabs(ctx context.Context, v caseView) []page.Link {
	base := "/desk/cases/" + v.C.ID
	out := []page.Link{{Href: base, Text: page.T(ctx, "desk.tab.check"), Current: v.Tab == tabCheck}}
	list := []string{tabMaterials, tabHistory, tabPapers}
	if v.Fee != nil {
		list = append(list, tabFee)
	}
	for _, tab := range list {
		out = append(out, page.Link{Href: base + "/" + tab, Text: page.T(ctx, "desk.tab."+tab), Current: v.Tab == tab})
	}
	out = append(out, page.Link{Href: base + "/messages", Text: page.T(ctx, "message.desk.tab"), Current: v.Tab == tabMessages})
	if _, err := original.EndsOf(v.C); err == nil {
		out = append(out, page.Link{Href: base + "/originals", Text: page.T(ctx, "originals.nav")})
	}
	return append(out, page.Link{Href: base + "/data", Text: page.T(ctx, "desk.tab.data")}, page.Link{Href: base + "/ask-other", Text: page.T(ctx, "desk.tab.ask")},
		page.Link{Href: base + "/ask-licence", Text: page.T(ctx, "presentation.tab")})
}

func findingChoices(ctx context.Context) []page.Choice {
	var out []page.Choice
	for _, finding := range []casefile.Finding{casefile.Meets, casefile.Amend, casefile.Breaks} {
		out = append(out, page.Choice{Value: string(finding), Text: page.T(ctx, "desk.finding."+string(finding))})
	}
	return out
}

// findingRows are the checklist with what was found; a point that nobody marked says so.
func findingRows(ctx context.Context, v caseView) []page.Row {
	var out []page.Row
	for _, k := range v.Version.Checklist {
		m := v.C.Private.Review[k.Key]
		value := page.T(ctx, "desk.finding.open")
		if m.Finding != "" {
			value = page.T(ctx, "desk.finding."+string(m.Finding))
		}
		if m.Paper != "" {
			value = page.T(ctx, "desk.finding.differs", value, v.C.Private.Answers[k.Field], m.Paper)
		}
		if m.Note != "" {
			value = page.T(ctx, "desk.finding.noted", value, m.Note)
		}
		out = append(out, page.Row{Key: pick(v.Lang, k.Label, k.LabelEn), Value: value})
	}
	return out
}

func answerOf(ctx context.Context, it casefile.Correction) string {
	if it.Answer == "" {
		return page.T(ctx, "desk.correct.waiting")
	}
	return it.Answer
}

func reasonChoices(v actView) []page.Choice {
	var out []page.Choice
	for _, r := range v.Reasons {
		out = append(out, page.Choice{Value: r.Key, Text: pick(v.Lang, r.Zh, r.En), Hint: pick(v.Lang, r.NextZh, r.NextEn)})
	}
	return out
}

func procedureChoices(ctx context.Context, v actView) []page.Choice {
	var out []page.Choice
	for _, p := range v.Stops {
		out = append(out, page.Choice{Value: p, Text: page.T(ctx, "desk.procedure."+p)})
	}
	return out
}

// groundChoices are the item's lawful grounds; elsewhere adds that another office is competent, which only 不予受理 may say.
func groundChoices(v actView, elsewhere bool) []page.Choice {
	var out []page.Choice
	if elsewhere {
		for _, r := range v.Reasons {
			if r.Key == "wrong-office" {
				out = append(out, page.Choice{Value: r.Key, Text: pick(v.Lang, r.Zh, r.En), Hint: r.Basis})
			}
		}
	}
	for _, g := range v.Version.Refusals {
		out = append(out, page.Choice{Value: g.Key, Text: pick(v.Lang, g.Text, g.TextEn), Hint: v.Version.Cite(g.Basis)})
	}
	return out
}

func wayChoices(ctx context.Context) []page.Choice {
	var out []page.Choice
	for _, w := range ways {
		out = append(out, page.Choice{Value: w, Text: page.T(ctx, "desk.way."+w)})
	}
	return out
}

// first is what was entered, else a suggestion.
func first(v actView, name, suggestion string) string {
	if v.Form.Has(name) {
		return v.Form.Get(name)
	}
	return suggestion
}

func nth(list []string, i int) string {
	if i < len(list) {
		return list[i]
	}
	return ""
}
