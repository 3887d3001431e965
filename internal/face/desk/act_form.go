package desk

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/item"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/postal"
	"tongban/internal/page"
)

// marks reads the findings on the checklist. A point that is not marked stays open.
func (f *Face) marks(ctx context.Context, view *actView) map[string]casefile.Mark {
	out := map[string]casefile.Mark{}
	for _, k := range view.Version.Checklist {
		note, paper := view.text(ctx, "note."+k.Key, false), differing(view.C, k, view.text(ctx, "paper."+k.Key, false))
		switch finding := casefile.Finding(view.Form.Get("mark." + k.Key)); finding {
		case casefile.Meets, casefile.Amend, casefile.Breaks:
			out[k.Key] = casefile.Mark{Finding: finding, Note: note, Paper: paper}
			if paper != "" && finding == casefile.Meets && note == "" {
				view.fail("note."+k.Key, words(view.Lang, errs.New(errs.DifferenceOpen, "%s", k.Key)))
			}
		default:
			if note != "" || paper != "" {
				view.fail("mark."+k.Key, page.T(ctx, "desk.error.mark", pick(view.Lang, k.Label, k.LabelEn)))
			}
		}
	}
	if len(out) == 0 {
		first := "checklist"
		if len(view.Version.Checklist) > 0 {
			first = "mark." + view.Version.Checklist[0].Key
		}
		view.fail(first, page.T(ctx, "desk.error.marks"))
	}
	return out
}

// compared reports whether a point holds what was entered against what a paper says.
func compared(c casefile.Case, k item.Check) bool {
	return k.Field != "" && k.Material != "" && c.Private.Answers[k.Field] != ""
}

// differing is what the paper says, "" if that is what was entered: blanks, width and letter case make no difference.
func differing(c casefile.Case, k item.Check, paper string) string {
	plain := func(s string) string { return strings.ToLower(strings.Join(strings.Fields(halfWidth(s)), "")) }
	if !compared(c, k) || plain(paper) == plain(c.Private.Answers[k.Field]) {
		return ""
	}
	return paper
}

// reviewAgain shows the checklist with what was entered and what is wrong with it.
func (f *Face) reviewAgain(w http.ResponseWriter, r *http.Request, v visit, view actView) error {
	if err := f.looked(r, v, view.C, "review"); err != nil {
		return err
	}
	review := map[string]casefile.Mark{}
	for _, k := range view.Version.Checklist {
		review[k.Key] = casefile.Mark{Finding: casefile.Finding(view.Form.Get("mark." + k.Key)), Note: view.Form.Get("note." + k.Key), Paper: view.Form.Get("paper." + k.Key)}
	}
	view.C.Private.Review = review
	view.Tab = tabCheck
	f.fillCheck(r, v, &view.caseView)
	fr := f.Frame(r)
	fr.Title, fr.HasError, fr.Back = page.T(r.Context(), "desk.case.title", string(view.C.No), page.T(r.Context(), "desk.tab.check")), true, "/desk"
	return page.Show(w, r, http.StatusUnprocessableEntity, fr, reviewErrors(view))
}

// corrections builds the one-time notice: each point that was marked needs what is wrong, how to mend it, and on what
// basis (行政许可法 第32条).
func (f *Face) corrections(ctx context.Context, c casefile.Case, view *actView) []casefile.Correction {
	var out []casefile.Correction
	for _, k := range amended(c, view.Version) {
		it := casefile.Correction{
			Check: k.Key, Material: checkSubject(view.Version, k), Problem: view.text(ctx, "problem."+k.Key, true),
			Fix: view.text(ctx, "fix."+k.Key, true), Basis: view.text(ctx, "basis."+k.Key, true),
		}
		out = append(out, it)
		view.Summary = append(view.Summary,
			page.Row{Key: it.Material, Value: it.Problem},
			page.Row{Key: page.T(ctx, "desk.correct.fix"), Value: it.Fix},
			page.Row{Key: page.T(ctx, "desk.correct.basis"), Value: it.Basis})
	}
	if len(out) == 0 {
		view.fail("items", page.T(ctx, "desk.error.no_items"))
	}
	return out
}

// checkSubject is the material that a point looks at, or the form field, as documents name it.
func checkSubject(ver item.Version, k item.Check) string {
	if k.Material != "" {
		return materialName(ver, k.Material, "zh")
	}
	if field, ok := ver.Field(k.Field); ok {
		return field.Label
	}
	return k.Label
}

// choice is one of the shared reasons.
func (v *actView) choice(ctx context.Context, name string, among []item.Reason) string {
	s := v.Form.Get(name)
	for _, r := range among {
		if r.Key == s {
			return s
		}
	}
	v.fail(name, page.T(ctx, "desk.error.reason"))
	return ""
}

// grounds are the item's lawful grounds of refusal that were ticked; unknown ones are dropped.
func (v *actView) grounds() []string {
	var out []string
	for _, ground := range v.Version.Refusals {
		if slices.Contains(v.Form["grounds"], ground.Key) {
			out = append(out, ground.Key)
		}
	}
	return out
}

func (v *actView) groundRows(ctx context.Context, keys []string) {
	for _, ground := range v.Version.Refusals {
		if slices.Contains(keys, ground.Key) {
			v.Summary = append(v.Summary, page.Row{
				Key: page.T(ctx, "desk.decide.reason"), Value: pick(v.Lang, ground.Text, ground.TextEn), Source: v.Version.Cite(ground.Basis),
			})
		}
	}
}

// declining reads 不予受理: a ground, or the office that is competent instead.
func (f *Face) declining(ctx context.Context, view *actView) casefile.Decision {
	d := casefile.Decision{Outcome: casefile.NotAccepted, Reasons: view.grounds(), Text: view.text(ctx, "text", true)}
	view.groundRows(ctx, d.Reasons)
	if slices.Contains(view.Form["grounds"], "wrong-office") {
		if reason, ok := f.cfg.Kit.Catalogue.Reason("wrong-office"); ok {
			d.Reasons = append(d.Reasons, reason.Zh)
			view.Summary = append(view.Summary, page.Row{Key: page.T(ctx, "desk.decide.reason"), Value: pick(view.Lang, reason.Zh, reason.En), Source: reason.Basis})
		}
	}
	if len(d.Reasons) == 0 {
		view.fail("grounds", page.T(ctx, "desk.error.ground"))
	}
	view.Summary = append(view.Summary, page.Row{Key: page.T(ctx, "desk.decide.facts"), Value: d.Text})
	return d
}

// deciding reads 准予 or 不予. A yes needs every point of the checklist to be met; a no needs its grounds and the facts
// (行政许可法 第38条).
func (f *Face) deciding(ctx context.Context, c casefile.Case, view *actView) casefile.Decision {
	d := casefile.Decision{Outcome: casefile.Outcome(view.Form.Get("outcome"))}
	switch d.Outcome {
	case casefile.Granted:
		d.Text = view.text(ctx, "text", false)
		for _, k := range view.Version.Checklist {
			if c.Private.Review[k.Key].Finding != casefile.Meets {
				view.fail("outcome", page.T(ctx, "desk.error.open", pick(view.Lang, k.Label, k.LabelEn)))
			}
		}
	case casefile.Denied:
		d.Text, d.Reasons = view.text(ctx, "text", true), view.grounds()
		if len(d.Reasons) == 0 {
			view.fail("grounds", page.T(ctx, "desk.error.ground"))
		}
	case casefile.NotAccepted, casefile.Confirmed, casefile.Differs: // of other acts
		view.fail("outcome", page.T(ctx, "desk.error.outcome"))
	default:
		view.fail("outcome", page.T(ctx, "desk.error.outcome"))
		return d
	}
	view.Summary = append(view.Summary, page.Row{Key: page.T(ctx, "desk.decide.outcome"), Value: page.T(ctx, "desk.outcome."+string(d.Outcome))})
	view.groundRows(ctx, d.Reasons)
	if d.Text != "" {
		view.Summary = append(view.Summary, page.Row{Key: page.T(ctx, "desk.decide.facts"), Value: d.Text})
	}
	return d
}

// suspending reads a procedure, why it is needed, and how long it will take.
func (f *Face) suspending(ctx context.Context, view *actView) casefile.Suspension {
	s := casefile.Suspension{Procedure: view.Form.Get("procedure"), Reason: view.text(ctx, "text", true)}
	if !slices.Contains(casefile.ProceduresOf(view.C, casefile.Law{Version: view.Version}), s.Procedure) {
		view.fail("procedure", page.T(ctx, "desk.error.procedure"))
	}
	days, err := strconv.Atoi(strings.TrimSpace(halfWidth(view.Form.Get("days"))))
	if err != nil || days < 1 || days > 250 {
		view.fail("days", page.T(ctx, "desk.error.days"))
	}
	s.Days = days
	return s
}

// extensionRows are what was asked for, as who approves it and later readers see it.
func extensionRows(ctx context.Context, e casefile.Extension) []page.Row {
	rows := []page.Row{
		{Key: page.T(ctx, "desk.extend.reason"), Value: e.Reason}, {Key: page.T(ctx, "desk.extend.asked"), Value: clock(ctx, e.AskedAt)},
	}
	if !e.New.IsZero() {
		rows = append(rows, page.Row{Key: page.T(ctx, "desk.extend.days"), Value: page.T(ctx, "desk.extend.from_to", date(ctx, e.Old), date(ctx, e.New))})
	}
	if e.Kept != "" {
		rows = append(rows, page.Row{Key: page.T(ctx, "desk.extend.kept"), Value: e.Kept})
	}
	return rows
}

// delivery reads how the result was given, and to whom.
func (f *Face) delivery(ctx context.Context, c casefile.Case, view *actView) casefile.Delivery {
	d := casefile.Delivery{Way: view.Form.Get("way"), To: strings.TrimSpace(view.text(ctx, "to", false))}
	if !slices.Contains(ways, d.Way) {
		view.fail("way", page.T(ctx, "desk.error.way"))
	}
	switch {
	case d.Way == "counter" && view.Form.Get("seen") != "yes":
		view.fail("seen", page.T(ctx, "desk.error.seen"))
	case d.Way == "post":
		if d.To == "" {
			view.fail("to", page.T(ctx, "desk.error.to"))
		}
		number, err := postal.Parse(view.Form.Get("postal"))
		if err != nil {
			view.fail("postal", words(view.Lang, err))
		}
		d.Postal = string(number)
	case d.To == "":
		d.To = c.Private.Applicant.Name
	}
	return d
}
