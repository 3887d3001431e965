package entrance

import (
	"context"
	"maps"
	"strings"

	"tongban/internal/domain/item"
	"tongban/internal/page"
)

// open reports whether a mark means that no source was read.
func open(m item.Mark) bool {
	switch m {
	case "", item.Confirmed, item.Sourced, item.NotAnnex:
		return false
	case item.Likely, item.Memory, item.Inferred, item.Unknown, item.Unverified:
	}
	return true
}

// said is the answer given to a question, as its radio.
func (v guideView) said(key string) string {
	yes, ok := v.Answers[key]
	if !ok {
		return ""
	}
	return yesNo(yes)
}

// hidden is what the form of questions carries along.
func (v guideView) hidden() [][2]string {
	var out [][2]string
	for _, kv := range v.kept() {
		if !strings.HasPrefix(kv[0], answerPrefix) {
			out = append(out, kv)
		}
	}
	if s := v.Here.value(); s != "" {
		out = append(out, [2]string{"here", s})
	}
	if s := v.There.value(); s != "" {
		out = append(out, [2]string{"there", s})
	}
	return out
}

// unanswered is the same guide with no question answered; today's is that of today.
func (v guideView) unanswered() string {
	return v.without(func(k string) bool { return strings.HasPrefix(k, answerPrefix) })
}

func (v guideView) today() string { return v.without(func(k string) bool { return k == "on" }) }

func (v guideView) without(drop func(string) bool) string {
	e := v.ends
	e.Keep = maps.Clone(v.Keep)
	maps.DeleteFunc(e.Keep, func(k string, _ []string) bool { return drop(k) })
	return e.with("", "")
}

// materialText is a material's name in the reader's language.
func materialText(ctx context.Context, m item.GuideMaterial) string {
	return answerText(ctx, m.Name, m.NameEn)
}

// whenText says when a material is needed that not everybody needs.
func whenText(ctx context.Context, m item.GuideMaterial) string {
	if w := answerText(ctx, m.When, m.WhenEn); w != "" {
		return page.T(ctx, "public.guide.if", w)
	}
	return page.T(ctx, "public.guide.if_asked")
}

func copiesText(ctx context.Context, m item.GuideMaterial) string {
	s := page.T(ctx, "public.guide.copies", m.Copies)
	if m.Form == "original" || m.Form == "copy" || m.Form == "electronic" {
		s = page.T(ctx, "public.form."+m.Form) + " " + s
	}
	return s
}

// ruleText says which rule asks for a material, and whose rule it is.
func (b *base) ruleText(ctx context.Context, m item.GuideMaterial) string {
	cite := m.Rule.Cite
	if cite == "" || open(m.Mark) || open(m.Rule.Mark) {
		if cite == "" {
			return page.T(ctx, "public.guide.rule_none")
		}
		cite += page.T(ctx, "public.guide.rule_open")
	}
	whose := page.T(ctx, "public.layer.national")
	if m.Rule.Region != "" {
		whose = b.placeName(m.Rule.Region)
	}
	return page.T(ctx, "public.guide.rule", whose, cite)
}

func limitLine(ctx context.Context, v item.Version, l item.LimitRule) string {
	length := limitText(ctx, l.Length)
	if l.Spot {
		length = page.T(ctx, "public.guide.spot")
	} else if l.Length.N == 0 {
		length = page.T(ctx, "public.guide.no_legal")
	}
	s := page.T(ctx, "public.limit."+string(l.Kind), length)
	if l.Promised.N > 0 {
		s += page.T(ctx, "public.guide.promised", limitText(ctx, l.Promised))
	}
	if open(l.Mark) {
		return s + page.T(ctx, "public.guide.rule_open")
	}
	return s + page.T(ctx, "public.guide.cite", v.Cite(l.Basis))
}

// elementRows are the single elements of the full guide.
func (b *base) elementRows(ctx context.Context, v guideView) []page.Row {
	row := func(key, value string) page.Row { return page.Row{Key: page.T(ctx, "public.guide."+key), Value: value} }
	it := v.Item
	var who []string
	for _, s := range it.Subject {
		who = append(who, page.T(ctx, "entrance.subject."+s))
	}
	rows := []page.Row{row("name", it.Name), row("code", it.Code), row("subject", strings.Join(who, " \u00b7 "))}
	if it.Dept != "" {
		rows = append(rows, row("dept", it.Dept))
	}
	if line := lineOf(ctx, it); line != "" {
		rows = append(rows, row("scenario", line))
	}
	if name := answerText(ctx, v.Summary.Result.Name, v.Summary.Result.NameEn); name != "" {
		rows = append(rows, row("result", name))
	}
	if v.Version.ID != "" {
		rows = append(rows, row("version", v.Version.ID))
	}
	return append(rows, row("on_key", longDay(ctx, v.On)), row("complain", page.T(ctx, "public.guide.complain_line")))
}

// thenText is what happens at the window, step by step.
func thenText(ctx context.Context, v guideView, n int) string {
	switch n {
	case 3:
		return page.T(ctx, "public.prepare.then_3", v.ThereName)
	case 1:
		return page.T(ctx, "public.prepare.then_1")
	case 2:
		return page.T(ctx, "public.prepare.then_2")
	}
	return page.T(ctx, "public.prepare.then_4")
}

// startLook is the second way's button: only one stands out.
func startLook(i int) string {
	if i == 0 {
		return ""
	}
	return "secondary"
}
