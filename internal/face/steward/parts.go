package steward

import (
	"slices"
	"strconv"
	"strings"

	"tongban/internal/domain/item"
	"tongban/internal/kernel/workday"
)

// part is one table of a draft that is edited row by row. Every cell is text; what it may be is said by field.
type part struct {
	key    string
	fields []field
	rows   func(d sheet) []cells
	put    func(d *sheet, n int, c cells) // n beyond the last row adds one
	drop   func(d *sheet, n int)
}

// field is one cell of a row.
type field struct {
	key  string
	kind kind
	must bool
}

type kind uint8

const (
	line    kind = iota
	key          // made by the page, not typed
	date         // YYYY-MM-DD
	rank         // of a provision
	basis        // one of the draft's provisions
	cond         // a yes-no question and its answer
	sources      // how a paper may be had, several
	form         // original, copy, electronic
	paper        // one of the nation's materials
	limit        // one of the nation's limits
	count        // a number of days
	unit         // wd or d
	payer        // of postage
	place        // a place's code
	mode         // how it is handled
	papers       // keys of what is needed, several
	answers      // to the questions
)

// cells are a row's values by field.
type cells map[string]string

// sheet is what a draft holds in the form that is edited.
type sheet struct {
	o      item.Overlay
	trials []item.Trial
}

// parts in the order of the page.
var parts = []part{
	{"head", []field{{"until", date, false}, {"source", line, true}}, func(d sheet) []cells {
		return []cells{{"until": day(d.o.Until), "source": d.o.Source}}
	}, func(d *sheet, _ int, c cells) {
		d.o.Until, d.o.Source = parseDay(c["until"]), c["source"]
	}, nil},
	{
		"basis",
		[]field{{"key", key, false}, {"law", line, true}, {"article", line, true}, {"rank", rank, true}, {"text", line, true}, {"text_en", line, true}},
		func(d sheet) []cells {
			return table(d.o.Basis, func(b item.Basis) cells {
				return cells{"key": b.Key, "law": b.Law, "article": b.Article, "rank": b.Rank, "text": b.Text, "text_en": b.TextEn}
			})
		}, func(d *sheet, n int, c cells) {
			d.o.Basis = set(d.o.Basis, n, item.Basis{
				Key: c["key"], Law: c["law"], Article: c["article"], Rank: c["rank"], Text: c["text"], TextEn: c["text_en"], Mark: kept(d.o.Basis, n).Mark,
			})
		}, func(d *sheet, n int) { d.o.Basis = slices.Delete(d.o.Basis, n, n+1) },
	},
	{
		"questions",
		[]field{{"key", key, false}, {"text", line, true}, {"text_en", line, true}, {"why", line, true}, {"why_en", line, true}},
		func(d sheet) []cells {
			return table(d.o.Questions, func(q item.Question) cells {
				return cells{"key": q.Key, "text": q.Text, "text_en": q.TextEn, "why": q.Why, "why_en": q.WhyEn}
			})
		}, func(d *sheet, n int, c cells) {
			d.o.Questions = set(d.o.Questions, n, item.Question{
				Key: c["key"], Text: c["text"], TextEn: c["text_en"], Why: c["why"], WhyEn: c["why_en"], If: kept(d.o.Questions, n).If,
			})
		}, func(d *sheet, n int) { d.o.Questions = slices.Delete(d.o.Questions, n, n+1) },
	},
	{"materials", []field{
		{"key", key, false},
		{"name", line, true},
		{"name_en", line, true},
		{"sources", sources, true},
		{"form", form, true},
		{"if", cond, false},
		{"when", line, false},
		{"when_en", line, false},
		{"basis", basis, true},
	}, func(d sheet) []cells {
		return table(d.o.Materials, func(m item.Material) cells {
			return cells{
				"key": m.Key, "name": m.Name, "name_en": m.NameEn, "sources": strings.Join(m.Sources, ","), "form": m.Form,
				"if": string(m.If), "when": m.When, "when_en": m.WhenEn, "basis": m.Basis,
			}
		})
	}, func(d *sheet, n int, c cells) {
		m := kept(d.o.Materials, n)
		m.Key, m.Name, m.NameEn, m.Form, m.Basis = c["key"], c["name"], c["name_en"], c["form"], c["basis"]
		m.Sources, m.If, m.When, m.WhenEn = split(c["sources"]), item.Condition(c["if"]), c["when"], c["when_en"]
		m.Required = m.If == ""
		d.o.Materials = set(d.o.Materials, n, m)
	}, func(d *sheet, n int) { d.o.Materials = slices.Delete(d.o.Materials, n, n+1) }},
	{"drop", []field{{"material", paper, true}, {"basis", basis, true}}, func(d sheet) []cells {
		return table(d.o.Drop, func(x item.Drop) cells { return cells{"material": x.Material, "basis": x.Basis} })
	}, func(d *sheet, n int, c cells) {
		d.o.Drop = set(d.o.Drop, n, item.Drop{Material: c["material"], Basis: c["basis"]})
	}, func(d *sheet, n int) { d.o.Drop = slices.Delete(d.o.Drop, n, n+1) }},
	{"narrow", []field{{"material", paper, true}, {"if", cond, true}}, func(d sheet) []cells {
		return table(d.o.Narrow, func(x item.Narrowing) cells { return cells{"material": x.Material, "if": string(x.If)} })
	}, func(d *sheet, n int, c cells) {
		d.o.Narrow = set(d.o.Narrow, n, item.Narrowing{Material: c["material"], If: item.Condition(c["if"])})
	}, func(d *sheet, n int) { d.o.Narrow = slices.Delete(d.o.Narrow, n, n+1) }},
	{"promises", []field{{"limit", limit, true}, {"days", count, true}, {"unit", unit, true}, {"basis", basis, true}}, func(d sheet) []cells {
		return table(d.o.Promises, func(p item.Promise) cells {
			short := item.ShortLimit(p.Length)
			return cells{"limit": p.Limit, "days": strconv.Itoa(p.Length.N), "unit": strings.TrimLeft(short, "0123456789"), "basis": p.Basis}
		})
	}, func(d *sheet, n int, c cells) {
		days, _ := strconv.Atoi(c["days"])
		p := item.Promise{Limit: c["limit"], Length: workday.Limit{N: days, Unit: workday.WorkingDays}, Basis: c["basis"]}
		if c["unit"] == "d" {
			p.Length.Unit = workday.CalendarDays
		}
		d.o.Promises = set(d.o.Promises, n, p)
	}, func(d *sheet, n int) { d.o.Promises = slices.Delete(d.o.Promises, n, n+1) }},
	{"fees", []field{{"key", key, false}, {"text", line, true}, {"text_en", line, true}, {"basis", basis, true}}, func(d sheet) []cells {
		return table(d.o.Fees, func(x item.FeeNote) cells {
			return cells{"key": x.Key, "text": x.Text, "text_en": x.TextEn, "basis": x.Basis}
		})
	}, func(d *sheet, n int, c cells) {
		d.o.Fees = set(d.o.Fees, n, item.FeeNote{Key: c["key"], Text: c["text"], TextEn: c["text_en"], Basis: c["basis"]})
	}, func(d *sheet, n int) { d.o.Fees = slices.Delete(d.o.Fees, n, n+1) }},
	{"contact", []field{{"office", line, false}, {"phone", line, false}, {"hours", line, false}}, func(d sheet) []cells {
		return []cells{{"office": d.o.Contact.Office, "phone": d.o.Contact.Phone, "hours": d.o.Contact.Hours}}
	}, func(d *sheet, _ int, c cells) {
		d.o.Contact.Office, d.o.Contact.Phone, d.o.Contact.Hours = c["office"], c["phone"], c["hours"]
	}, nil},
	{"postage", []field{{"payer", payer, false}, {"basis", basis, false}}, func(d sheet) []cells {
		return []cells{{"payer": d.o.Postage.Payer, "basis": d.o.Postage.Basis}}
	}, func(d *sheet, _ int, c cells) {
		if d.o.Postage.Payer, d.o.Postage.Basis = c["payer"], c["basis"]; c["payer"] == "" {
			d.o.Postage = item.Postage{}
		}
	}, nil},
	{"trials", []field{
		{"name", line, true},
		{"here", place, true},
		{"there", place, true},
		{"on", date, true},
		{"answers", answers, false},
		{"mode", mode, false},
		{"materials", papers, false},
		{"days", count, false},
		{"unit", unit, false},
	}, func(d sheet) []cells { return table(d.trials, trialCells) }, func(d *sheet, n int, c cells) {
		d.trials = set(d.trials, n, trialOf(c))
	}, func(d *sheet, n int) { d.trials = slices.Delete(d.trials, n, n+1) }},
}

func partOf(key string) (part, bool) {
	i := slices.IndexFunc(parts, func(p part) bool { return p.key == key })
	if i < 0 {
		return part{}, false
	}
	return parts[i], true
}

func table[T any](list []T, f func(T) cells) []cells {
	out := make([]cells, len(list))
	for i, v := range list {
		out[i] = f(v)
	}
	return out
}

// set replaces a row, or adds one.
func set[T any](list []T, n int, v T) []T {
	list = slices.Clone(list)
	if n >= len(list) {
		return append(list, v)
	}
	list[n] = v
	return list
}

// kept is what a row holds that no form shows.
func kept[T any](list []T, n int) T {
	var zero T
	if n < len(list) {
		return list[n]
	}
	return zero
}

func split(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' })
}

func day(d workday.Date) string {
	if d.IsZero() {
		return ""
	}
	return d.String()
}

func parseDay(s string) workday.Date {
	d, _ := workday.ParseDate(s) // checked before it is put in
	return d
}
