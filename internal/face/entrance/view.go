package entrance

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/document"
	"tongban/internal/domain/item"
	"tongban/internal/domain/licence"
	"tongban/internal/domain/office"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/idno"
	"tongban/internal/kernel/region"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
	"tongban/internal/page/text"
)

// itemChoices are items as radios.
func itemChoices(ctx context.Context, list []item.Item) []page.Choice {
	var out []page.Choice
	for _, it := range list {
		out = append(out, page.Choice{Value: it.Code, Text: itemName(ctx, it), Hint: it.Scenario})
	}
	return out
}

// placeChoices are places as radios.
func (b *base) placeChoices(list []region.Code) []page.Choice {
	var out []page.Choice
	for _, c := range list {
		out = append(out, page.Choice{Value: string(c), Text: b.placeName(c), Hint: c.Display()})
	}
	return out
}

// firstMode is the best mode of an item's row.
func firstMode(it item.Item) string {
	if len(it.Modes) == 0 {
		return string(item.None)
	}
	return string(it.Modes[0])
}

func gridBox() string { return fmt.Sprintf("0 0 %d %d", gridCols*tileStep, gridRows*tileStep) }

// statementParts are the keys of a statement's paragraphs, those of the demonstration only where it is one.
func statementParts(name string, demo bool) []string {
	var out []string
	for i := 1; ; i++ {
		key := "entrance." + name + ".p" + strconv.Itoa(i)
		if !text.Has(key) {
			break
		}
		out = append(out, key)
	}
	if key := "entrance." + name + ".demo"; demo && text.Has(key) {
		out = append(out, key)
	}
	return out
}

// facts are the lines of a case's page: who has it, since when, until when.
func (e *entrance) facts(ctx context.Context, c casefile.Case, d detail) []page.Row {
	var out []page.Row
	if d.Holder.Code != "" {
		out = append(out,
			page.Row{Key: page.T(ctx, "component.held_by"), Content: officeLines([]office.Office{d.Holder})},
			page.Row{Key: page.T(ctx, "entrance.case.since"), Value: moment(ctx, d.Since)})
	}
	if d.Due.Date != "" {
		out = append(out, page.Row{Key: page.T(ctx, "entrance.case.due"), Content: dueLine(d)})
	}
	if unit, ok := c.Unit(); ok {
		out = append(out, page.Row{Key: page.T(ctx, "org.one.unit"), Value: unit.Name, Source: string(unit.USCC)})
	}
	if a := c.Private.Acting; a != nil && a.Agent != nil {
		out = append(out, page.Row{Key: page.T(ctx, "org.kin.by"), Value: a.Agent.Name})
	}
	return append(out,
		page.Row{Key: page.T(ctx, "entrance.case.lodged"), Value: moment(ctx, c.Lodged)},
		page.Row{Key: page.T(ctx, "component.applicant"), Value: c.Private.Applicant.Name + " " + idno.Mask(c.Private.Applicant.IDNo)})
}

func fixRows(ctx context.Context, x casefile.Correction) []page.Row {
	rows := []page.Row{
		{Key: page.T(ctx, "entrance.fix.problem"), Value: x.Problem},
		{Key: page.T(ctx, "entrance.fix.how"), Value: x.Fix},
	}
	if x.Basis != "" {
		rows = append(rows, page.Row{Key: page.T(ctx, "entrance.fix.basis"), Value: x.Basis})
	}
	return rows
}

// materialName is what the applicant calls a material.
func materialName(c casefile.Case, key string) string {
	for _, m := range c.Private.Materials {
		if m.Key == key && m.Name != "" {
			return m.Name
		}
	}
	return key
}

// paperOf finds the newest paper of a kind.
func paperOf(papers []unit.Paper, kind document.Kind) (string, bool) {
	for _, p := range slices.Backward(papers) {
		if p.Kind == string(kind) {
			return p.ID, true
		}
	}
	return "", false
}

func verdictRows(ctx context.Context, v verdict) []page.Row {
	var out []page.Row
	add := func(key, value string) {
		if value != "" {
			out = append(out, page.Row{Key: page.T(ctx, "entrance.verify."+key), Value: value})
		}
	}
	if v.Kind != "" {
		add("kind", page.T(ctx, "entrance.kind."+v.Kind))
	}
	add("paper", v.Title)
	add("status", v.Status)
	add("issuer", v.Issuer)
	add("number", v.No)
	add("date", dateText(ctx, v.Date))
	add("until", dateText(ctx, v.Until))
	add("holder", v.Name)
	if v.Node != "" {
		add("signature", page.T(ctx, "entrance.verify.signed_by", v.Node))
	}
	return out
}

// paperMeta is a paper's day and number; a licence's identifier is too long to read and stands on its print.
func paperMeta(ctx context.Context, p unit.Paper) string {
	s := day(ctx, workday.DateOf(p.At))
	if p.Kind != licence.Typ {
		s += " · " + p.Number
	}
	return s
}

// word is the wording of a name that crosses nodes; one that only a newer node knows has a plain word.
func word(ctx context.Context, prefix, name string) string {
	if !text.Has(prefix + name) {
		return page.T(ctx, "entrance.other")
	}
	return page.T(ctx, prefix+name)
}
