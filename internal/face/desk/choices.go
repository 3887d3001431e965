package desk

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"tongban/internal/domain/item"
	"tongban/internal/domain/party"
	"tongban/internal/page"
)

func idTypes(ctx context.Context) []page.Choice {
	out := make([]page.Choice, 0, len(party.IDTypes))
	for _, t := range party.IDTypes {
		out = append(out, page.Choice{Value: string(t), Text: page.T(ctx, "desk.idtype."+string(t))})
	}
	return out
}

func yesNo(ctx context.Context) []page.Choice {
	return []page.Choice{{Value: "y", Text: page.T(ctx, "apply.ask.yes")}, {Value: "n", Text: page.T(ctx, "apply.ask.no")}}
}

func agreed(v intakeView) []string {
	if v.D.Consent != "" {
		return []string{"yes"}
	}
	return nil
}

func itemChoices(v intakeView) []page.Choice {
	out := make([]page.Choice, 0, len(v.ItemChoices))
	for _, it := range v.ItemChoices {
		out = append(out, page.Choice{Value: it.Code, Text: it.Name, Hint: it.Scenario})
	}
	return out
}

func placeChoices(v intakeView) []page.Choice {
	out := make([]page.Choice, 0, len(v.PlaceChoices))
	for _, p := range v.PlaceChoices {
		out = append(out, page.Choice{Value: p.Code, Text: p.Name, Hint: p.Code})
	}
	return out
}

// cannotReason is the rule's own reason, or that this way of handling is not open to a window.
func cannotReason(ctx context.Context, v intakeView) string {
	if v.Cannot.Possible {
		return page.T(ctx, "desk.matter.not_here")
	}
	return pick(v.Lang, v.Cannot.Reason, v.Cannot.ReasonEn)
}

func choices(lang string, f item.Field) []page.Choice {
	out := make([]page.Choice, 0, len(f.Options))
	for _, o := range f.Options {
		out = append(out, page.Choice{Value: o.Value, Text: pick(lang, o.Label, o.LabelEn)})
	}
	return out
}

func label(ctx context.Context, lang string, f item.Field) string {
	s := pick(lang, f.Label, f.LabelEn)
	if !f.Required {
		s += page.T(ctx, "field.optional")
	}
	return s
}

// mode is the keyboard that a phone or tablet should open.
func mode(f item.Field) string {
	if f.Type == item.Money || f.Type == item.Percent {
		return "decimal"
	}
	return ""
}

func sources(ctx context.Context, m item.Material) []page.Choice {
	var out []page.Choice
	for _, s := range m.Sources {
		out = append(out, page.Choice{Value: s, Text: page.T(ctx, "desk.source."+s)})
	}
	if !m.Required {
		out = append(out, page.Choice{Value: "none", Text: page.T(ctx, "desk.source.none")})
	}
	return out
}

func uploads(m item.Material) bool { return slices.Contains(m.Sources, "upload") }

func size(ctx context.Context, n int64) string {
	if n < 1<<20 {
		return page.T(ctx, "desk.details.kb", strconv.FormatInt(max(1, n>>10), 10))
	}
	return page.T(ctx, "desk.details.mb", strconv.FormatFloat(float64(n)/(1<<20), 'f', 1, 64))
}

func materialRows(ctx context.Context, v intakeView) []page.Row {
	var out []page.Row
	for _, m := range v.Version.Materials {
		source := v.D.Sources[m.Key]
		if source == "" {
			continue
		}
		var value strings.Builder
		value.WriteString(page.T(ctx, "desk.source."+source))
		for _, f := range v.D.files(m.Key) {
			value.WriteString(page.T(ctx, "desk.check.file", f.Name))
		}
		out = append(out, page.Row{Key: pick(v.Lang, m.Name, m.NameEn), Value: value.String()})
	}
	return out
}

// tickHint says how to choose from a list that is searched, or the field's own hint.
func tickHint(ctx context.Context, lang string, f item.Field) string {
	if searched(f) {
		return page.T(ctx, "desk.details.tick")
	}
	return pick(lang, f.Hint, f.HintEn)
}
