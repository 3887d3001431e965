package board

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"tongban/internal/domain/figure"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

// silentAfter is when a place that states nothing is called silent: it states its newest month once an hour.
const silentAfter = 26 * time.Hour

// overview is /open: all places side by side; at a province its own page.
func (f *Face) overview(a ask) (view, error) {
	if f.cfg.Me != "" {
		v, err := f.placePage(a, f.cfg.Me)
		v.Title, v.Lead = page.T(a.ctx, "board.title"), page.T(a.ctx, "board.lead_own", f.name(a.ctx, f.cfg.Me))
		return v, err
	}
	ctx := a.ctx
	s := sheet{ID: "places", Head: head(ctx, "place", "received", "whole", "decided", "promise", "law", "stated")}
	spoke, total := f.cfg.Source.Spoke(), figure.Hist{}
	var tiles []tile
	for _, id := range f.cfg.Nodes() {
		var h [4]figure.Hist
		for i, key := range []string{"lodged", "whole", "promise", "law"} {
			var err error
			if h[i], err = a.all(id, key); err != nil {
				return view{}, err
			}
		}
		total.Add(h[2])
		kept := share(ctx, h[2], 1)
		kept.Ramp = late(h[2])
		name := f.name(ctx, id)
		s.Rows = append(s.Rows, []cell{
			link(name, "/open/regions/"+string(id)+"?"+a.query()), number(h[0].N()), span(ctx, h[1], 0.5), number(h[2].N()), kept, share(ctx, h[3], 1),
			f.stated(ctx, spoke[id]),
		})
		tiles = append(tiles, tile{id: id, name: name, value: kept})
	}
	s.Title = page.T(ctx, "board.found_none")
	if kept, ok := total.Share(1); ok {
		s.Title = page.T(ctx, "board.found_promise", 100*kept, total.N())
	}
	s.Chart = tileChart(f.drawn(ctx, tiles))
	v := view{Title: page.T(ctx, "board.title"), Lead: page.T(ctx, "board.lead"), Sheets: []sheet{s.done()}}
	if list := f.cfg.Source.Against(a.from, a.to); len(list) > 0 {
		v.Sheets = append(v.Sheets, f.contradictions(ctx, list))
	}
	against, err := f.contested(ctx, "", a.from, a.to)
	v.Sheets = append(v.Sheets, f.objectionSheet(ctx, against)...)
	return v, err
}

// stated says until when a place's figures are known.
func (f *Face) stated(ctx context.Context, at time.Time) cell {
	if at.IsZero() {
		return words(page.T(ctx, "board.never"))
	}
	day := workday.DateOf(at).String()
	if f.cfg.Now().Sub(at) > silentAfter {
		return words(page.T(ctx, "board.silent", day))
	}
	return words(day)
}

func (f *Face) contradictions(ctx context.Context, list []figure.Contradiction) sheet {
	s := sheet{ID: "against", Title: page.T(ctx, "board.against"), Lead: page.T(ctx, "board.against_lead"), Head: head(ctx, "against_month", "figure", "against_sent", "against_got")}
	for _, c := range list {
		s.Rows = append(s.Rows, []cell{
			words(written(c.Month)), words(f.figureName(ctx, c.Figure)),
			words(page.T(ctx, "board.named_n", f.name(ctx, c.Sender), c.Says)), words(page.T(ctx, "board.named_n", f.name(ctx, c.Receiver), c.SaysOther)),
		})
	}
	return s
}

func (f *Face) figureName(ctx context.Context, key string) string {
	d, _ := f.cfg.Book.Find(key)
	return pick(ctx, d.Name, d.NameEn)
}

// region is one place in both roles.
func (f *Face) region(a ask) (view, error) {
	id, err := a.node(a.r.PathValue("node"))
	if err != nil {
		return view{}, err
	}
	v, err := f.placePage(a, id)
	v.Title = f.name(a.ctx, id)
	return v, err
}

func (f *Face) placePage(a ask, id office.NodeID) (view, error) {
	ctx, name := a.ctx, f.name(a.ctx, id)
	sides := []sheet{
		{ID: "receiver", Title: page.T(ctx, "board.as_receiver"), Lead: page.T(ctx, "board.as_receiver_lead", name)},
		{ID: "handler", Title: page.T(ctx, "board.as_handler"), Lead: page.T(ctx, "board.as_handler_lead", name)},
	}
	against, err := f.contested(ctx, id, a.from, a.to)
	if err != nil {
		return view{}, err
	}
	by := map[string]map[string]figure.Hist{}
	for _, d := range f.cfg.Book.Figures {
		one, err := a.by(id, figure.ByPlace, d.Key)
		if err != nil {
			return view{}, err
		}
		by[d.Key] = one
		h := added(one)
		row := []cell{link(marked(ctx, pick(ctx, d.Name, d.NameEn), d.Key, against), "/open/figures#"+d.Key), number(h.N()), middle(ctx, d, h, 0.5), middle(ctx, d, h, 0.9)}
		side := &sides[0]
		if d.Role == figure.Handler {
			side = &sides[1]
		}
		side.Rows = append(side.Rows, row)
	}
	for i := range sides {
		sides[i].Head = head(ctx, "figure", "count", "value", "ninety")
		sides[i] = sides[i].done()
	}
	with := sheet{ID: "partners", Title: page.T(ctx, "board.partners"), Head: head(ctx, "place", "sent_there", "whole", "came_here", "promise")}
	for _, other := range f.everyone(by) {
		k := string(other)
		with.Rows = append(with.Rows, []cell{
			words(f.name(ctx, other)), number(by["lodged"][k].N()), span(ctx, by["whole"][k], 0.5), number(by["received"][k].N()), share(ctx, by["promise"][k], 1),
		})
	}
	return view{Sheets: append(append(sides, f.objectionSheet(ctx, against)...), with.done())}, nil
}

// everyone lists the places that stand in any of the figures, by code.
func (*Face) everyone(by map[string]map[string]figure.Hist) []office.NodeID {
	seen := map[string]bool{}
	var out []office.NodeID
	for _, one := range by {
		for k := range one {
			if !seen[k] {
				seen[k] = true
				out = append(out, office.NodeID(k))
			}
		}
	}
	slices.Sort(out)
	return out
}

// middle is what a figure comes to: its median, its share, or nothing for a plain count.
func middle(ctx context.Context, d figure.Definition, h figure.Hist, q float64) cell {
	switch d.Kind {
	case figure.Time:
		return span(ctx, h, q)
	case figure.Days:
		return rank(ctx, h, q, "board.workdays")
	case figure.Tries:
		return rank(ctx, h, q, "board.times")
	case figure.Kept, figure.Law:
		if q == 0.5 {
			c := share(ctx, h, 1)
			c.Ramp = late(h)
			return c
		}
	case figure.Outcome:
		if q == 0.5 { // the part that was granted
			granted := figure.Hist{0: h.N() - h[figure.ClassGranted], 1: h[figure.ClassGranted]}
			return share(ctx, granted, 1)
		}
	case figure.Count:
	}
	return nothing(ctx)
}

// stages is the table of stages: where it takes long.
func (f *Face) stages(a ask) (view, error) {
	ctx := a.ctx
	s := sheet{ID: "stages", Title: page.T(ctx, "board.stages"), Head: head(ctx, "place")}
	stages := f.cfg.Book.Stages()
	for _, d := range stages {
		s.Head = append(s.Head, pick(ctx, d.Name, d.NameEn))
	}
	values := make([][]float64, len(stages))
	for _, id := range f.cfg.Nodes() {
		row := []cell{link(f.name(ctx, id), "/open/regions/"+string(id)+"?"+a.query())}
		for i, d := range stages {
			h, err := a.all(id, d.Key)
			if err != nil {
				return view{}, err
			}
			mid, _ := h.Span(0.5)
			values[i] = append(values[i], mid.Minutes())
			row = append(row, span(ctx, h, 0.5))
		}
		s.Rows = append(s.Rows, row)
	}
	for i := range stages {
		var column []*cell
		for r := range s.Rows {
			column = append(column, &s.Rows[r][i+1])
		}
		shade(column, values[i])
	}
	slices.SortStableFunc(s.Rows, func(x, y []cell) int { return cmp.Compare(darkness(y), darkness(x)) })
	return view{Title: page.T(ctx, "board.stages"), Lead: page.T(ctx, "board.stages_lead"), Sheets: []sheet{s.done()}}, nil
}

func darkness(row []cell) int {
	n := 0
	for _, c := range row {
		n += c.Ramp * c.Ramp
	}
	return n
}

// flows is the matrix of who takes in for whom.
func (f *Face) flows(a ask) (view, error) {
	ctx := a.ctx
	s := sheet{ID: "flows", Title: page.T(ctx, "board.flows"), Head: head(ctx, "place")}
	rows, by := f.cfg.Nodes(), map[string]map[string]figure.Hist{}
	for _, id := range rows {
		one, err := a.by(id, figure.ByPlace, "lodged")
		if err != nil {
			return view{}, err
		}
		by[string(id)] = one
	}
	columns := f.everyone(by)
	for _, to := range columns {
		s.Head = append(s.Head, f.name(ctx, to))
	}
	var cells []*cell
	var values []float64
	for _, id := range rows {
		row := []cell{link(f.name(ctx, id), "/open/regions/"+string(id)+"?"+a.query())}
		for _, to := range columns {
			n := by[string(id)][string(to)].N()
			c := number(n)
			c.N, c.Counted = n, true
			row = append(row, c)
			values = append(values, float64(n))
		}
		s.Rows = append(s.Rows, row)
	}
	for r := range s.Rows {
		for i := range columns {
			cells = append(cells, &s.Rows[r][i+1])
		}
	}
	shade(cells, values)
	return view{Title: page.T(ctx, "board.flows"), Lead: page.T(ctx, "board.flows_lead"), Sheets: []sheet{s.done()}}, nil
}

// rework is how often people had to come again.
func (f *Face) rework(a ask) (view, error) {
	ctx := a.ctx
	s := sheet{ID: "rework", Title: page.T(ctx, "board.rework"), Head: head(ctx, "place", "count", "corrected", "corrected_twice", "returned")}
	values := make([][]float64, 3)
	for _, id := range f.cfg.Nodes() {
		corrections, err := a.all(id, "corrections")
		if err != nil {
			return view{}, err
		}
		returns, err := a.all(id, "returns")
		if err != nil {
			return view{}, err
		}
		row := []cell{link(f.name(ctx, id), "/open/regions/"+string(id)+"?"+a.query()), number(corrections.N())}
		for i, x := range []struct {
			h  figure.Hist
			at int
		}{{corrections, 1}, {corrections, 2}, {returns, 1}} {
			part, _ := x.h.Share(x.at)
			values[i] = append(values[i], part)
			row = append(row, share(ctx, x.h, x.at))
		}
		s.Rows = append(s.Rows, row)
	}
	for i := range values {
		var column []*cell
		for r := range s.Rows {
			column = append(column, &s.Rows[r][i+2])
		}
		shade(column, values[i])
	}
	slices.SortStableFunc(s.Rows, func(x, y []cell) int { return cmp.Compare(darkness(y), darkness(x)) })
	return view{Title: page.T(ctx, "board.rework"), Lead: page.T(ctx, "board.rework_lead"), Sheets: []sheet{s.done()}}, nil
}

// definitions is what each figure means.
func (f *Face) definitions(w http.ResponseWriter, r *http.Request) error {
	fr := f.cfg.Frame(r)
	fr.Title, fr.Back = page.T(r.Context(), "board.definitions"), "/open"
	return page.Show(w, r, http.StatusOK, fr, definitionsPage(r, f.cfg.Book))
}

func definitionRows(ctx context.Context, d figure.Definition) []page.Row {
	var events []string
	for _, e := range slices.Concat(d.From, d.To) {
		events = append(events, string(e))
	}
	rows := []page.Row{
		{Key: page.T(ctx, "board.means"), Value: pick(ctx, d.Says, d.SaysEn)},
		{Key: page.T(ctx, "board.numerator"), Value: pick(ctx, d.Numerator, d.NumeratorEn)},
	}
	if d.Denominator != "" {
		rows = append(rows, page.Row{Key: page.T(ctx, "board.denominator"), Value: pick(ctx, d.Denominator, d.DenominatorEn)})
	}
	return append(rows, page.Row{Key: page.T(ctx, "board.events"), Value: strings.Join(events, ", ")})
}

func head(ctx context.Context, keys ...string) []string {
	var out []string
	for _, k := range keys {
		out = append(out, page.T(ctx, "board."+k))
	}
	return out
}

func pick(ctx context.Context, zh, en string) string {
	if page.PrefsOf(ctx).Lang == "en" && en != "" {
		return en
	}
	return zh
}
