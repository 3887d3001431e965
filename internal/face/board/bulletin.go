package board

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"tongban/internal/domain/bulletin"
	"tongban/internal/domain/document"
	"tongban/internal/domain/figure"
	"tongban/internal/domain/objection"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

// Bulletins are the site's own issues, which never change. Bulletin gives errs.Missing. Safe for concurrent use.
type Bulletins interface {
	BulletinMonths(ctx context.Context) ([]int, error) // the newest first
	Bulletin(ctx context.Context, month int) (bulletin.Issued, error)
}

// issue is a bulletin that was read once.
type issue struct {
	bulletin.Bulletin
	file bulletin.Issued
	said []figure.Statement
}

// mostRead is how many issues are remembered.
const mostRead = 24

// issued reads the bulletin that a path names: errs.NoSuchBulletin.
func (f *Face) issued(ctx context.Context, key string) (*issue, error) {
	month, ok := parseMonth(key)
	if !ok {
		return nil, errs.New(errs.NoSuchBulletin, "month %.20q", key)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if x := f.read[month]; x != nil {
		return x, nil
	}
	file, err := f.cfg.Bulletins.Bulletin(ctx, month)
	if errs.Is(err, errs.Missing) {
		return nil, errs.New(errs.NoSuchBulletin, "%d", month)
	}
	if err != nil {
		return nil, err
	}
	x := &issue{file: file, said: make([]figure.Statement, len(file.Statements))}
	if x.Bulletin, err = file.Read(); err != nil {
		return nil, err
	}
	for i, s := range file.Statements {
		if err := s.Into(&x.said[i]); err != nil {
			return nil, err
		}
	}
	if f.read == nil || len(f.read) >= mostRead {
		f.read = map[int]*issue{}
	}
	f.read[month] = x
	return x, nil
}

// bulletins is S-13's list.
func (f *Face) bulletins(w http.ResponseWriter, r *http.Request) error {
	v, err := f.listed(r.Context())
	if err != nil {
		return err
	}
	return f.showBulletin(w, r, "/open", v)
}

func (f *Face) listed(ctx context.Context) (bulletinView, error) {
	months, err := f.cfg.Bulletins.BulletinMonths(ctx)
	if err != nil {
		return bulletinView{}, err
	}
	s := sheet{ID: "bulletins", Title: page.T(ctx, "board.bulletins"), Head: head(ctx, "against_month", "bulletin_file")}
	for _, m := range months {
		at := "/open/bulletins/" + written(m)
		s.Rows = append(s.Rows, []cell{link(page.T(ctx, "board.bulletin_of", m/100, m%100), at), link(page.T(ctx, "board.bulletin_pdf_of", written(m)), at+"?pdf=1")})
	}
	return bulletinView{view: view{Title: s.Title, Lead: page.T(ctx, "board.bulletins_lead"), Sheets: []sheet{s}}}, nil
}

// bulletinView is a bulletin before it is drawn. Beside stands what became known after it was issued: it is on the page alone.
type bulletinView struct {
	view
	Beside []sheet
	Facts  []page.Row
	At     string // path, "" for the list
}

func (f *Face) showBulletin(w http.ResponseWriter, r *http.Request, back string, v bulletinView) error {
	fr := f.cfg.Frame(r)
	fr.Title, fr.Back = v.Title, back
	return page.Show(w, r, http.StatusOK, fr, bulletinPage(r, v))
}

// bulletin is S-13, P-16: one issue as page, CSV, PDF, or as the signed file.
func (f *Face) bulletin(w http.ResponseWriter, r *http.Request) error {
	x, err := f.issued(r.Context(), r.PathValue("month"))
	if err != nil {
		return err
	}
	q := r.URL.Query()
	if q.Has("signed") {
		return attach(w, "application/json", "tongban-bulletin-"+written(x.Month)+".json", x.file)
	}
	v, err := f.drawBulletin(r.Context(), x)
	if err != nil {
		return err
	}
	switch {
	case q.Has("csv"):
		v.Sheets = append(v.Sheets, sheet{Title: page.T(r.Context(), "board.bulletin_facts"), Rows: factCells(v.Facts)})
		return writeCSV(w, v.view)
	case q.Has("pdf"):
		b, err := f.cfg.PDF(printed(r.Context(), v), f.cfg.PublicURL+v.At)
		if err != nil {
			return err
		}
		return attach(w, "application/pdf", v.File+".pdf", b)
	}
	if v.Beside, err = f.beside(r.Context(), x); err != nil {
		return err
	}
	return f.showBulletin(w, r, "/open/bulletins", v)
}

// attach answers with a file: bytes as they are, anything else as JSON.
func attach(w http.ResponseWriter, kind, name string, v any) error {
	b, raw := v.([]byte)
	if !raw {
		var out bytes.Buffer
		if err := json.NewEncoder(&out).Encode(v); err != nil {
			return err
		}
		b = out.Bytes()
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	_, _ = w.Write(b) // a reader who went away is no error of ours
	return nil
}

func factCells(rows []page.Row) [][]cell {
	out := make([][]cell, 0, len(rows))
	for _, r := range rows {
		out = append(out, []cell{words(r.Key), words(r.Value)})
	}
	return out
}

// issuer is who issued it, as people read it.
func (f *Face) issuer(ctx context.Context, id office.NodeID) string {
	if id == office.Hub {
		return page.T(ctx, "board.bulletin_hub")
	}
	return f.name(ctx, id)
}

func (f *Face) drawBulletin(ctx context.Context, x *issue) (bulletinView, error) {
	who := f.issuer(ctx, x.Issuer)
	v := bulletinView{At: "/open/bulletins/" + written(x.Month), view: view{
		Title: page.T(ctx, "board.bulletin_title", who, x.Month/100, x.Month%100), Lead: page.T(ctx, "board.bulletin_lead"), File: "tongban-bulletin-" + written(x.Month),
	}}
	if x.Issuer == office.Hub {
		v.Sheets = append(v.Sheets, f.placesOf(ctx, x))
	} else {
		v.Sheets = append(v.Sheets, f.sidesOf(ctx, x)...)
	}
	v.Sheets = append(v.Sheets, f.objectionSheet(ctx, x.Objections())...)
	v.Sheets = append(v.Sheets, f.mattersOf(ctx, x), termsOf(ctx, x))
	v.Facts = []page.Row{
		{Key: page.T(ctx, "board.bulletin_by"), Value: who},
		{Key: page.T(ctx, "board.bulletin_at"), Value: workday.DateOf(x.At).String()},
		{Key: page.T(ctx, "board.bulletin_terms"), Value: page.T(ctx, "board.bulletin_version", x.Version, x.Digest)},
	}
	for _, p := range x.Parts {
		v.Facts = append(v.Facts, page.Row{Key: page.T(ctx, "board.bulletin_stated", f.name(ctx, p.Node)), Value: page.T(ctx, "board.bulletin_digest", p.Digest.String(), workday.DateOf(p.At).String())})
	}
	if len(x.Silent) > 0 {
		var names []string
		for _, id := range x.Silent {
			names = append(names, f.name(ctx, id))
		}
		v.Facts = append(v.Facts, page.Row{Key: page.T(ctx, "board.bulletin_silent"), Value: strings.Join(names, page.T(ctx, "board.comma"))})
	}
	v.Facts = append(v.Facts, page.Row{Key: page.T(ctx, "board.bulletin_key"), Value: x.file.Bulletin.Key})
	return v, nil
}

// placesOf puts all places side by side.
func (f *Face) placesOf(ctx context.Context, x *issue) sheet {
	s := sheet{ID: "places", Head: head(ctx, "place", "received", "whole", "decided", "median", "ninety", "promise", "law")}
	total := figure.Hist{}
	for _, p := range x.Parts {
		kept := share(ctx, p.Of("promise"), 1)
		kept.Ramp = late(p.Of("promise"))
		total.Add(p.Of("promise"))
		s.Rows = append(s.Rows, []cell{
			words(f.name(ctx, p.Node)), number(p.Of("lodged").N()), span(ctx, p.Of("whole"), 0.5), number(p.Of("days").N()),
			rank(ctx, p.Of("days"), 0.5, "board.workdays"), rank(ctx, p.Of("days"), 0.9, "board.workdays"), kept, share(ctx, p.Of("law"), 1),
		})
	}
	s.Title = page.T(ctx, "board.found_none")
	if kept, ok := total.Share(1); ok {
		s.Title = page.T(ctx, "board.found_promise", 100*kept, total.N())
	}
	return s.done()
}

// sidesOf is a province's own figures in both roles.
func (f *Face) sidesOf(ctx context.Context, x *issue) []sheet {
	name := f.name(ctx, x.Issuer)
	sides := []sheet{
		{ID: "receiver", Title: page.T(ctx, "board.as_receiver"), Lead: page.T(ctx, "board.as_receiver_lead", name)},
		{ID: "handler", Title: page.T(ctx, "board.as_handler"), Lead: page.T(ctx, "board.as_handler_lead", name)},
	}
	for _, p := range x.Parts {
		for _, t := range x.Terms {
			d, h := figure.Definition{Kind: t.Kind}, p.Of(t.Key)
			side := &sides[0]
			if t.Role == figure.Handler {
				side = &sides[1]
			}
			side.Rows = append(side.Rows, []cell{words(marked(ctx, pick(ctx, t.Name, t.NameEn), t.Key, x.Objections())), number(h.N()), middle(ctx, d, h, 0.5), middle(ctx, d, h, 0.9)})
		}
	}
	for i := range sides {
		sides[i].Head = head(ctx, "figure", "count", "value", "ninety")
		sides[i] = sides[i].done()
	}
	return sides
}

// mattersOf adds up what was decided, by matter, from the statements that the bulletin follows from.
func (f *Face) mattersOf(ctx context.Context, x *issue) sheet {
	sum := map[string]map[string]figure.Hist{}
	for _, key := range []string{"days", "promise", "law"} {
		sum[key] = map[string]figure.Hist{}
		for _, st := range x.said {
			for _, l := range st.Of(figure.ByItem, key) {
				if sum[key][l.Key] == nil {
					sum[key][l.Key] = figure.Hist{}
				}
				sum[key][l.Key].Add(l.Hist())
			}
		}
	}
	s := sheet{ID: "matters", Title: page.T(ctx, "board.matters"), Head: head(ctx, "matter", "decided", "median", "ninety", "promise", "law")}
	for code, days := range sum["days"] {
		s.Rows = append(s.Rows, []cell{
			words(f.itemName(ctx, code)), number(days.N()), rank(ctx, days, 0.5, "board.workdays"), rank(ctx, days, 0.9, "board.workdays"),
			share(ctx, sum["promise"][code], 1), share(ctx, sum["law"][code], 1),
		})
	}
	slices.SortFunc(s.Rows, func(a, b []cell) int { return strings.Compare(a[0].Raw, b[0].Raw) })
	slices.SortStableFunc(s.Rows, func(a, b []cell) int { return int(b[2].N - a[2].N) })
	return s.done()
}

// termsOf is what each figure meant when the bulletin was issued.
func termsOf(ctx context.Context, x *issue) sheet {
	s := sheet{ID: "terms", Wraps: true, Title: page.T(ctx, "board.definitions"), Head: head(ctx, "figure", "means", "numerator", "denominator")}
	for _, t := range x.Terms {
		below := words(page.T(ctx, "board.none"))
		if t.Denominator != "" {
			below = words(pick(ctx, t.Denominator, t.DenominatorEn))
		}
		s.Rows = append(s.Rows, []cell{words(pick(ctx, t.Name, t.NameEn)), words(pick(ctx, t.Says, t.SaysEn)), words(pick(ctx, t.Numerator, t.NumeratorEn)), below})
	}
	return s
}

// beside is what became known since: numbers that facts which came later have put right, and objections that came or went on.
func (f *Face) beside(ctx context.Context, x *issue) ([]sheet, error) {
	s := sheet{ID: "since", Title: page.T(ctx, "board.since"), Lead: page.T(ctx, "board.since_lead"), Head: head(ctx, "place", "figure", "since_then", "since_now")}
	for _, p := range x.Parts {
		for _, t := range x.Terms {
			by, err := f.cfg.Source.FigureBy(ctx, p.Node, figure.ByPlace, t.Key, x.Month, x.Month)
			if err != nil {
				return nil, err
			}
			if now, then := added(by).N(), p.Of(t.Key).N(); now != then {
				s.Rows = append(s.Rows, []cell{words(f.name(ctx, p.Node)), words(pick(ctx, t.Name, t.NameEn)), number(then), number(now)})
			}
		}
	}
	var out []sheet
	if len(s.Rows) > 0 {
		out = append(out, s)
	}
	of := x.Issuer
	if of == office.Hub {
		of = ""
	}
	against, err := f.contested(ctx, of, x.Month, x.Month)
	if err != nil {
		return nil, err
	}
	frozen := x.Objections()
	against = slices.DeleteFunc(against, func(o objection.Objection) bool { // said no more than the issue has
		return slices.ContainsFunc(frozen, func(y objection.Objection) bool { return y.ID == o.ID && len(y.Words) == len(o.Words) })
	})
	for _, s := range f.objectionSheet(ctx, against) {
		s.ID, s.Title = "contested-now", page.T(ctx, "objection.sheet_since")
		out = append(out, s)
	}
	return out, nil
}

// printed is a bulletin as a paper: what stands on the page and was frozen with it. Few are marked, for a print has no grey.
func printed(ctx context.Context, v bulletinView) document.Doc {
	d := document.Doc{Title: v.Title, Blocks: []document.Block{{Para: v.Lead}}}
	small := false
	for _, s := range v.Sheets {
		d.Blocks = append(d.Blocks, document.Block{Heading: s.Title})
		if len(s.Rows) == 0 {
			d.Blocks = append(d.Blocks, document.Block{Para: page.T(ctx, "board.nothing")})
			continue
		}
		t := &document.Table{Head: s.Head}
		for _, row := range s.Rows {
			var line []string
			for _, c := range row {
				text := strings.ReplaceAll(c.Text, "\u2009", " ")
				if c.few() {
					text += " *"
					small = true
				}
				line = append(line, text)
			}
			t.Rows = append(t.Rows, line)
		}
		d.Blocks = append(d.Blocks, document.Block{Table: t})
	}
	if small {
		d.Blocks = append(d.Blocks, document.Block{Para: page.T(ctx, "board.small_print", few)})
	}
	d.Blocks = append(d.Blocks, document.Block{Para: page.T(ctx, "board.approx")}, document.Block{Heading: page.T(ctx, "board.bulletin_facts")})
	facts := document.Block{}
	for _, r := range v.Facts {
		facts.Fields = append(facts.Fields, [2]string{r.Key, r.Value})
	}
	d.Blocks = append(d.Blocks, facts)
	return d
}
