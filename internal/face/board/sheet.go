package board

import (
	"cmp"
	"context"
	"encoding/csv"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"tongban/internal/domain/figure"
	"tongban/internal/page"
)

// sheet is one table, with the chart that it is the twin of.
type sheet struct {
	ID, Title, Lead string
	Chart           templ.Component
	Head            []string
	Rows            [][]cell
	Small           bool // has cells that are too few to compare
	Wraps           bool // holds sentences
}

// cell is one value: as people read it, and as a machine does.
type cell struct {
	Text, Raw string
	Href      string
	Number    bool
	N         int64 // what it rests on
	Counted   bool  // N says something
	Ramp      int   // 1 the palest to 5 the darkest; 0 is not coloured
}

// few is below what is compared.
const few = 10

func (c cell) few() bool { return c.Counted && c.N < few }

func words(s string) cell { return cell{Text: s, Raw: s} }

func link(s, href string) cell { return cell{Text: s, Raw: s, Href: href} }

func number(n int64) cell {
	return cell{Text: thousands(n), Raw: strconv.FormatInt(n, 10), Number: true}
}

// thousands sets a thin space between groups of three digits.
func thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "\u2009" + s[i:]
	}
	return s
}

func nothing(ctx context.Context) cell {
	return cell{Text: page.T(ctx, "board.none"), Number: true}
}

// span is a percentile of times; its raw form is minutes.
func span(ctx context.Context, h figure.Hist, q float64) cell {
	d, ok := h.Span(q)
	if !ok {
		return nothing(ctx)
	}
	return cell{Text: spell(ctx, d), Raw: fmt.Sprintf("%.1f", d.Minutes()), Number: true, N: h.N(), Counted: true}
}

func spell(ctx context.Context, d time.Duration) string {
	switch {
	case d < time.Hour:
		return page.T(ctx, "board.minutes", int(max(1, d/time.Minute)))
	case d < 48*time.Hour:
		return page.T(ctx, "board.hours", d.Hours())
	}
	return page.T(ctx, "board.days", d.Hours()/24)
}

// rank is a percentile of working days or counts.
func rank(ctx context.Context, h figure.Hist, q float64, key string) cell {
	n, ok := h.Rank(q)
	if !ok {
		return nothing(ctx)
	}
	return cell{Text: page.T(ctx, key, n), Raw: strconv.Itoa(n), Number: true, N: h.N(), Counted: true}
}

// share is the part in the classes from at on, in per cent.
func share(ctx context.Context, h figure.Hist, at int) cell {
	s, ok := h.Share(at)
	if !ok {
		return nothing(ctx)
	}
	return cell{Text: page.T(ctx, "board.share", 100*s), Raw: fmt.Sprintf("%.4f", s), Number: true, N: h.N(), Counted: true}
}

// late is how dark the share of what was late stands: none, under 5, 10, 20 %, more.
func late(h figure.Hist) int {
	kept, ok := h.Share(1)
	if !ok || h.N() < few {
		return 0
	}
	ramp := 1
	for _, over := range []float64{0, 0.05, 0.1, 0.2} {
		if 1-kept > over {
			ramp++
		}
	}
	return ramp
}

// shade colours a column by its share of the column's greatest value; v gives a cell's value.
func shade(cells []*cell, v []float64) {
	most := 0.0
	for i, c := range cells {
		if !c.few() && c.Counted {
			most = max(most, v[i])
		}
	}
	for i, c := range cells {
		if c.Counted && !c.few() && most > 0 {
			c.Ramp = min(5, 1+int(5*v[i]/most*0.999))
		}
	}
}

// done marks whether the sheet has cells that are too few.
func (s sheet) done() sheet {
	s.Small = slices.ContainsFunc(s.Rows, func(row []cell) bool { return slices.ContainsFunc(row, cell.few) })
	return s
}

// table brings a sheet into the form of the page's tables.
func (s sheet) table() page.TableParams {
	t := page.TableParams{Caption: s.Title, CaptionClass: "govuk-visually-hidden", FirstIsHeader: true, Classes: "tb-board"}
	if s.Wraps {
		t.Classes = ""
	}
	for i, h := range s.Head {
		t.Head = append(t.Head, page.Cell{Text: h, Numeric: len(s.Rows) > 0 && i < len(s.Rows[0]) && s.Rows[0][i].Number})
	}
	for _, row := range s.Rows {
		var cells []page.Cell
		for _, c := range row {
			p := page.Cell{Text: c.Text, Numeric: c.Number}
			if c.Href != "" {
				p.Content = cellLink(c.Href, c.Text)
			}
			switch {
			case c.few():
				p.Classes = "tb-few"
			case c.Ramp > 0:
				p.Classes = "tb-heat tb-heat--" + strconv.Itoa(c.Ramp)
			}
			cells = append(cells, p)
		}
		t.Rows = append(t.Rows, cells)
	}
	return t
}

// writeCSV answers with the page's tables: UTF-8 with a mark, so that office programs read it, one table after the other.
func writeCSV(w http.ResponseWriter, v view) error {
	h := w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="`+cmp.Or(v.File, "tongban-figures")+`.csv"`)
	var b strings.Builder
	b.WriteString("\ufeff")
	out := csv.NewWriter(&b)
	for _, s := range v.Sheets {
		if err := out.WriteAll([][]string{{s.Title}, s.Head}); err != nil {
			return err
		}
		for _, row := range s.Rows {
			var line []string
			for _, c := range row {
				line = append(line, harmless(c.Raw))
			}
			if err := out.Write(line); err != nil {
				return err
			}
		}
		if err := out.Write(nil); err != nil {
			return err
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return err
	}
	_, _ = w.Write([]byte(b.String())) // a reader who went away is no error of ours
	return nil
}

// harmless keeps a spreadsheet from taking a word for a formula.
func harmless(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}
