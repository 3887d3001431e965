package steward

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"tongban/internal/domain/bundle"
	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/page"
)

func head(ctx context.Context, keys ...string) []page.Cell {
	out := make([]page.Cell, len(keys))
	for i, k := range keys {
		out[i] = page.Cell{Text: page.T(ctx, "steward.column."+k)}
	}
	return out
}

func texts(list ...string) []page.Cell {
	out := make([]page.Cell, len(list))
	for i, s := range list {
		out[i] = page.Cell{Text: s}
	}
	return out
}

func draftTable(ctx context.Context, v homeView) page.TableParams {
	t := page.TableParams{Head: head(ctx, "what", "kind", "from", "approvals")}
	for _, d := range v.Drafts {
		name := d.Content.Name
		for _, it := range v.Items {
			if it.Code == d.Content.Item {
				name = pick(v.Lang, it.Name, it.NameEn)
			}
		}
		for _, a := range v.Agreements {
			if a.ID == d.Content.Name {
				name = pick(v.Lang, a.Title, a.TitleEn)
			}
		}
		t.Rows = append(t.Rows, append([]page.Cell{{Content: link(draftPath(d), name)}},
			texts(page.T(ctx, "steward.kind."+string(d.Content.Kind)), d.Content.From.String(), page.T(ctx, "steward.of_two", len(d.Approvals)))...))
	}
	return t
}

func agreementTable(ctx context.Context, v homeView) page.TableParams {
	t := page.TableParams{Head: head(ctx, "agreement", "from", "signed")}
	for _, a := range v.Agreements {
		signed := page.T(ctx, "steward.agreement.unsigned")
		if v.Mine[a.ID] {
			signed = page.T(ctx, "steward.agreement.signed")
		}
		t.Rows = append(t.Rows, append([]page.Cell{{Content: link("/desk/rules/agreements/"+bundle.AgreementName(a.ID), pick(v.Lang, a.Title, a.TitleEn))}}, texts(a.From.String(), signed)...))
	}
	return t
}

func issuedTable(ctx context.Context, v homeView) page.TableParams {
	t := page.TableParams{Head: head(ctx, "number", "publisher", "what", "kind", "from")}
	for _, b := range v.Issued {
		what := b.Content.Item
		if what == "" {
			what = bundle.AgreementName(b.Content.Name)
		}
		if b.Content.Kind == bundle.National {
			what = b.Content.Name[:16]
		}
		for _, it := range v.Items {
			if it.Code == b.Content.Item {
				what = pick(v.Lang, it.Name, it.NameEn)
			}
		}
		who := v.Names[b.Publisher]
		if b.Publisher == office.Hub {
			who = page.T(ctx, "steward.operator")
		}
		t.Rows = append(t.Rows, append([]page.Cell{{Content: link(issuedPath(b), string(b.Publisher)+"/"+strconv.Itoa(b.Seq))}},
			texts(who, what, page.T(ctx, "steward.kind."+string(b.Content.Kind)), b.Content.From.String())...))
	}
	return t
}

func places(ctx context.Context, v matterView) []page.Choice {
	out := []page.Choice{{Value: string(v.Place), Text: v.PlaceName}}
	for _, o := range v.Offices {
		if !slices.ContainsFunc(out, func(c page.Choice) bool { return c.Value == string(o.Region) }) {
			out = append(out, page.Choice{Value: string(o.Region), Text: pick(v.Lang, o.Name, o.NameEn)})
		}
	}
	if province := v.Place.ProvinceCode(); province != v.Place {
		out = append(out, page.Choice{Value: string(province), Text: page.T(ctx, "steward.matter.province")})
	}
	return out
}

// materialTable stands the nation's papers and the place's changes to each side by side.
func materialTable(ctx context.Context, v matterView) page.TableParams {
	t := page.TableParams{Caption: page.T(ctx, "steward.matter.materials"), Head: head(ctx, "material", "nation", "place")}
	ways := func(m item.Material) string {
		var out []string
		for _, s := range m.Sources {
			out = append(out, page.T(ctx, "steward.source."+s))
		}
		if when := pick(v.Lang, m.When, m.WhenEn); when != "" {
			out = append(out, when)
		}
		return strings.Join(out, " \u00b7 ")
	}
	for _, m := range v.V.Materials {
		own := page.T(ctx, "steward.same")
		for _, d := range v.Own.Drop {
			if d.Material == m.Key {
				own = page.T(ctx, "steward.dropped")
			}
		}
		for _, n := range v.Own.Narrow {
			if n.Material == m.Key {
				own = page.T(ctx, "steward.narrowed")
			}
		}
		t.Rows = append(t.Rows, texts(pick(v.Lang, m.Name, m.NameEn), ways(m), own))
	}
	for _, m := range v.Own.Materials {
		t.Rows = append(t.Rows, texts(pick(v.Lang, m.Name, m.NameEn), page.T(ctx, "steward.not_asked"), ways(m)))
	}
	return t
}

func limitTable(ctx context.Context, v matterView) page.TableParams {
	t := page.TableParams{Caption: page.T(ctx, "steward.matter.limits"), Head: head(ctx, "limit", "nation", "place")}
	for _, l := range v.V.Limits {
		own := page.T(ctx, "steward.same")
		for _, p := range v.Own.Promises {
			if p.Limit == l.Key {
				own = item.ShortLimit(p.Length)
			}
		}
		nation := item.ShortLimit(l.Length)
		if l.Promised.N > 0 {
			nation += " / " + item.ShortLimit(l.Promised)
		}
		t.Rows = append(t.Rows, texts(page.T(ctx, "steward.limit."+string(l.Kind)), nation, own))
	}
	return t
}

func questionTable(ctx context.Context, v matterView) page.TableParams {
	t := page.TableParams{Caption: page.T(ctx, "steward.matter.questions"), Head: head(ctx, "question", "nation", "place")}
	for _, q := range v.V.Questions {
		t.Rows = append(t.Rows, texts(pick(v.Lang, q.Text, q.TextEn), page.T(ctx, "steward.asked"), page.T(ctx, "steward.same")))
	}
	for _, q := range v.Own.Questions {
		t.Rows = append(t.Rows, texts(pick(v.Lang, q.Text, q.TextEn), page.T(ctx, "steward.not_asked"), page.T(ctx, "steward.asked")))
	}
	return t
}

// empty reports whether no cell of a part says anything.
func empty(rows []cells) bool {
	for _, c := range rows {
		for _, s := range c {
			if s != "" {
				return false
			}
		}
	}
	return true
}

// next is the number of the row that "add" opens.
func next(p part, s sheet) int {
	if p.drop == nil {
		return 0
	}
	return len(p.rows(s))
}

// shown leaves out what only the page needs.
func shown(p part) []field {
	return slices.DeleteFunc(slices.Clone(p.fields), func(fd field) bool { return fd.kind == key })
}

func partTable(ctx context.Context, p part, s sheet, edit string) page.TableParams {
	t := page.TableParams{}
	for _, fd := range shown(p) {
		t.Head = append(t.Head, page.Cell{Text: page.T(ctx, "steward.field."+fd.key)})
	}
	if edit != "" {
		t.Head = append(t.Head, page.Cell{Text: page.T(ctx, "steward.column.change")})
	}
	for n, c := range p.rows(s) {
		var row []page.Cell
		for _, fd := range shown(p) {
			row = append(row, page.Cell{Text: words(ctx, fd, c[fd.key], s)})
		}
		if edit != "" {
			row = append(row, page.Cell{Content: link(edit+"/"+p.key+"/"+strconv.Itoa(n), page.T(ctx, "steward.change", n+1))})
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// words is a cell as people read it.
func words(ctx context.Context, fd field, value string, s sheet) string {
	prefix := ""
	switch fd.kind {
	case rank:
		prefix = "rank"
	case sources:
		prefix = "source"
	case form:
		prefix = "form"
	case unit:
		prefix = "unit"
	case payer:
		prefix = "payer"
	case mode:
		prefix = "mode"
	case cond, answers:
		var out []string
		for one := range strings.SplitSeq(value, ",") {
			key, no := strings.CutPrefix(one, "not ")
			text := key
			for _, q := range s.o.Questions {
				if q.Key == key {
					text = pick(page.PrefsOf(ctx).Lang, q.Text, q.TextEn)
				}
			}
			switch {
			case one == "":
			case no:
				out = append(out, page.T(ctx, "steward.if_no", text))
			default:
				out = append(out, page.T(ctx, "steward.if_yes", text))
			}
		}
		return strings.Join(out, "\uff1b")
	case line, key, date, basis, paper, limit, count, place, papers:
		return value
	}
	var out []string
	for one := range strings.SplitSeq(value, ",") {
		if one != "" {
			out = append(out, page.T(ctx, "steward."+prefix+"."+one))
		}
	}
	return strings.Join(out, " \u00b7 ")
}

func several(fd field, value string) []string {
	if fd.kind == answers {
		return strings.Split(value, ",") // an answer may hold a blank
	}
	return split(value)
}

func hint(ctx context.Context, fd field) string {
	switch fd.kind {
	case date:
		return page.T(ctx, "steward.date_hint")
	case place:
		return page.T(ctx, "steward.place_hint")
	case line, key, rank, basis, cond, sources, form, paper, limit, count, unit, payer, mode, papers, answers:
	}
	return ""
}

func problems(p part, wrong map[string]string) []page.FieldError {
	var out []page.FieldError
	for _, fd := range p.fields {
		if s, ok := wrong[fd.key]; ok {
			out = append(out, page.FieldError{Field: fd.key, Text: s})
		}
	}
	return out
}

func draftTitle(ctx context.Context, v draftView) string {
	if v.Item.Code == "" {
		return page.T(ctx, "steward.kind."+string(v.D.Content.Kind))
	}
	return page.T(ctx, "steward.draft.of", pick(v.Lang, v.Item.Name, v.Item.NameEn))
}

func draftRows(ctx context.Context, v draftView) []page.Row {
	rows := []page.Row{
		{Key: page.T(ctx, "steward.column.kind"), Value: page.T(ctx, "steward.kind."+string(v.D.Content.Kind))},
		{Key: page.T(ctx, "steward.column.from"), Value: v.D.Content.From.String()},
		{Key: page.T(ctx, "steward.column.approvals"), Value: page.T(ctx, "steward.of_two", len(v.D.Approvals))},
		{Key: page.T(ctx, "steward.column.state"), Value: page.T(ctx, "steward.state."+string(v.D.State))},
	}
	if v.Place != "" {
		rows = append([]page.Row{{Key: page.T(ctx, "steward.column.place"), Value: v.Place}}, rows...)
	}
	if v.D.Content.Name != "" {
		rows = append([]page.Row{{Key: page.T(ctx, "steward.column.agreement"), Content: link("/desk/rules/agreements/"+bundle.AgreementName(v.D.Content.Name), bundle.AgreementName(v.D.Content.Name))}}, rows...)
	}
	return rows
}

func missTable(ctx context.Context, v draftView, x failed) page.TableParams {
	t := page.TableParams{Head: head(ctx, "expected", "wanted", "got")}
	names := map[string]string{}
	for _, c := range v.materials() {
		names[c.Value] = c.Text
	}
	read := func(m item.Miss, s string) string {
		switch {
		case s == "":
			return page.T(ctx, "steward.nothing")
		case m.What == "mode":
			return page.T(ctx, "steward.mode."+s)
		case m.What == "materials":
			var out []string
			for _, key := range split(s) {
				if names[key] != "" {
					key = names[key]
				}
				out = append(out, key)
			}
			return strings.Join(out, "\u3001")
		}
		return s
	}
	for _, m := range x.Lines {
		t.Rows = append(t.Rows, texts(page.T(ctx, "steward.miss."+m.What), read(m, m.Want), read(m, m.Got)))
	}
	return t
}

func issuedRows(ctx context.Context, v issuedView) []page.Row {
	rows := []page.Row{
		{Key: page.T(ctx, "steward.column.number"), Value: string(v.B.Publisher) + "/" + strconv.Itoa(v.B.Seq)},
		{Key: page.T(ctx, "steward.column.kind"), Value: page.T(ctx, "steward.kind."+string(v.B.Content.Kind))},
		{Key: page.T(ctx, "steward.column.from"), Value: v.B.Content.From.String()},
		{Key: page.T(ctx, "steward.column.at"), Value: v.B.At.UTC().Format("2006-01-02 15:04 MST")},
		{Key: page.T(ctx, "steward.column.print"), Value: v.Hash},
	}
	if v.B.Content.Demo {
		rows = append(rows, page.Row{Key: page.T(ctx, "steward.column.mark"), Value: page.T(ctx, "steward.demo")})
	}
	for i, a := range v.Approvals {
		rows = append(rows, page.Row{Key: page.T(ctx, "steward.approval", i+1), Value: a.Office + " " + a.At.UTC().Format("2006-01-02 15:04 MST")})
	}
	return rows
}

func agreementRows(ctx context.Context, v agreementView) []page.Row {
	var modes []string
	for _, m := range v.A.Modes {
		modes = append(modes, page.T(ctx, "steward.mode."+string(m)))
	}
	rows := []page.Row{
		{Key: page.T(ctx, "steward.column.from"), Value: v.A.From.String()},
		{Key: page.T(ctx, "steward.field.mode"), Value: strings.Join(modes, " \u00b7 ")},
		{Key: page.T(ctx, "steward.field.source"), Value: v.A.Source},
		{Key: page.T(ctx, "steward.column.print"), Value: v.A.Digest},
	}
	for _, b := range v.A.Basis {
		rows = append(rows, page.Row{Key: b.Law, Value: pick(v.Lang, b.Text, b.TextEn)})
	}
	return rows
}

// mandateRows say who may decide for whom, and how far.
func mandateRows(ctx context.Context, v agreementView) []page.Row {
	m := v.A.Mandate
	var offices, limits []string
	for _, o := range m.Offices {
		offices = append(offices, o.Name)
	}
	for _, l := range m.Limits {
		limits = append(limits, pick(v.Lang, l.Text, l.TextEn))
	}
	if len(limits) == 0 {
		limits = []string{page.T(ctx, "mandate.agreement.none")}
	}
	return []page.Row{
		{Key: page.T(ctx, "mandate.agreement.by"), Value: v.By},
		{Key: page.T(ctx, "mandate.agreement.offices"), Value: strings.Join(offices, "\u3001")},
		{Key: page.T(ctx, "mandate.agreement.limits"), Value: strings.Join(limits, "\uff1b")},
		{Key: page.T(ctx, "steward.column.until"), Value: day(v.A.Until)},
	}
}

func sideTable(ctx context.Context, v agreementView) page.TableParams {
	t := page.TableParams{Caption: page.T(ctx, "steward.agreement.sides"), Head: head(ctx, "place", "signed", "from", "until")}
	for _, s := range v.Sides {
		signed := page.T(ctx, "steward.agreement.unsigned")
		switch {
		case s.Signed.Withdrawn:
			signed = page.T(ctx, "steward.agreement.left")
		case s.Signed.Digest != "" && !s.Same:
			signed = page.T(ctx, "steward.agreement.other_text")
		case s.Same && s.Signed.Demo:
			signed = page.T(ctx, "steward.agreement.demo_signed")
		case s.Same:
			signed = page.T(ctx, "steward.agreement.signed")
		}
		t.Rows = append(t.Rows, texts(s.Name, signed, day(s.Signed.From), day(s.Signed.Until)))
	}
	return t
}
