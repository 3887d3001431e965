package entrance

import (
	"context"
	"fmt"
	"net/url"
	"strconv"

	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/region"
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

// modesOf are all modes of an answer, or that there is none.
func modesOf(a item.Answer) []item.Mode {
	if !a.Possible {
		return []item.Mode{item.None}
	}
	return a.Modes
}

// firstMode is the best mode of an item's row.
func firstMode(it item.Item) string {
	if len(it.Modes) == 0 {
		return string(item.None)
	}
	return string(it.Modes[0])
}

// markOf is the weakest of an item's marks.
func markOf(it item.Item) string {
	for _, m := range []item.Mark{it.Marks.InAnnex, it.Marks.ModeBasis, it.Marks.FromMark} {
		switch m {
		case item.Confirmed, item.NotAnnex, item.Sourced:
		case item.Memory, item.Likely, item.Inferred, item.Unknown:
			return string(m)
		default:
			return string(item.Unverified)
		}
	}
	return string(item.Unverified)
}

// officesOf are the offices that somebody with a positive answer turns to: where papers are handed in, and who decides.
func officesOf(a ask) []office.Office {
	var out []office.Office
	for _, o := range []office.Office{a.HereOffice, a.ThereOffice} {
		if o.Code != "" {
			out = append(out, o)
		}
	}
	return out
}

func subjectLinks(ctx context.Context, words, subject string) []page.Link {
	var out []page.Link
	for _, s := range []string{"", "person", "org"} {
		q := url.Values{}
		if words != "" {
			q.Set("q", words)
		}
		if s != "" {
			q.Set("subject", s)
		}
		to := "/items"
		if len(q) > 0 {
			to += "?" + q.Encode()
		}
		name := s
		if s == "" {
			name = "all"
		}
		out = append(out, page.Link{Href: to, Text: page.T(ctx, "entrance.subject."+name), Current: s == subject})
	}
	return out
}

func cardsOf(ctx context.Context, list []item.Item) []page.CardParams {
	var out []page.CardParams
	for _, it := range list {
		out = append(out, page.CardParams{Href: askAbout(it), Title: itemName(ctx, it), Line: it.Scenario, Mode: firstMode(it)})
	}
	return out
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
