// Package board is the public figures (ux pages.md S-01–S-04, S-07, S-14, S-16; charts: look.md §3): how places do as receivers
// and as deciding places, by matter, stage and flow, good or bad. The hub shows what all provinces stated and signed, a province
// its own, live. Every chart has its table, every table a CSV; nothing here tells of a case. Every page works without script.
package board

import (
	"context"
	"net/http"
	"sync"
	"time"

	"tongban/internal/domain/document"
	"tongban/internal/domain/figure"
	"tongban/internal/domain/item"
	"tongban/internal/domain/objection"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/region"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

// Source is where figures come from. FigureBy adds up one figure of a node over months (both included), by the keys of a cut.
// Safe for concurrent use.
type Source interface {
	FigureBy(ctx context.Context, of office.NodeID, cut figure.Cut, key string, from, to int) (map[string]figure.Hist, error)
	// Spoke is when each node's figures were stated last, business time.
	Spoke() map[office.NodeID]time.Time
	// Against lists where statements of those months contradict each other.
	Against(from, to int) []figure.Contradiction
}

// Config is what the pages need.
type Config struct {
	Source    Source
	Book      *figure.Book
	Catalogue *item.Catalogue
	Regions   *region.Table
	Nodes     func() []office.NodeID // whose figures are shown, by code
	Me        office.NodeID          // the province; "" at the hub
	HubURL    string                 // where the figures of all provinces are; "" shows no way
	Now       func() time.Time       // business time
	Frame     func(r *http.Request) page.Frame
	Bulletins Bulletins
	// Objections are those to the figures shown here.
	Objections func(ctx context.Context) ([]objection.Objection, error)
	PDF        func(d document.Doc, verify string) ([]byte, error) // verify is the address in the code of the print
	PublicURL  string                                              // own address, without a slash at the end
}

// Face is the pages of one site. Safe for concurrent use.
type Face struct {
	cfg Config

	mu   sync.Mutex // guards read
	read map[int]*issue
}

// New makes the pages.
func New(cfg Config) *Face { return &Face{cfg: cfg} }

// Register puts the pages on a site.
func (f *Face) Register(s *page.Site) {
	s.Get("/open", f.serve(f.overview))
	s.Get("/open/regions/{node}", f.serve(f.region))
	s.Get("/open/matters", f.serve(f.matters))
	s.Get("/open/matters/{item}", f.serve(f.matter))
	s.Get("/open/stages", f.serve(f.stages))
	s.Get("/open/flows", f.serve(f.flows))
	s.Get("/open/rework", f.serve(f.rework))
	s.Get("/open/ledger", f.serve(f.ledger))
	s.Get("/open/figures", f.definitions)
	s.Get("/open/bulletins", f.bulletins)
	s.Get("/open/bulletins/{month}", f.bulletin)
}

// view is one page before it is drawn.
type view struct {
	Title, Lead string
	Sheets      []sheet
	Period      period
	AsOf        time.Time
	File        string // name of its CSV; "" is the usual one
}

// ask is one request for figures.
type ask struct {
	*Face
	ctx context.Context
	r   *http.Request
	period
}

// serve reads the period, has the page made, and answers with it or with its tables as CSV.
func (f *Face) serve(build func(a ask) (view, error)) page.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		ctx := r.Context()
		p := f.period(r)
		v, err := build(ask{f, ctx, r, p})
		if err != nil {
			return err
		}
		fr := f.finish(r, &v, p)
		switch {
		case p.bad != "":
			return page.Show(w, r, http.StatusUnprocessableEntity, fr, boardPage(f, r, v))
		case r.URL.Query().Has("csv"):
			return writeCSV(w, v)
		}
		return page.Show(w, r, http.StatusOK, fr, boardPage(f, r, v))
	}
}

// finish says until when the figures are known, and makes the frame.
func (f *Face) finish(r *http.Request, v *view, p period) page.Frame {
	v.Period = p
	for _, at := range f.cfg.Source.Spoke() {
		if at.After(v.AsOf) {
			v.AsOf = at
		}
	}
	fr := f.cfg.Frame(r)
	fr.Title, fr.HasError = v.Title, p.bad != ""
	if r.URL.Path != "/open" {
		fr.Back = "/open"
	}
	return fr
}

// by is one figure of a node in the period.
func (a ask) by(of office.NodeID, cut figure.Cut, key string) (map[string]figure.Hist, error) {
	return a.cfg.Source.FigureBy(a.ctx, of, cut, key, a.from, a.to)
}

// all is one figure of a node in the period, added up.
func (a ask) all(of office.NodeID, key string) (figure.Hist, error) {
	by, err := a.by(of, figure.ByPlace, key)
	return added(by), err
}

func added(by map[string]figure.Hist) figure.Hist {
	sum := figure.Hist{}
	for _, h := range by {
		sum.Add(h)
	}
	return sum
}

// node is the place that a path names: errs.NoSuchFigures.
func (a ask) node(key string) (office.NodeID, error) {
	for _, id := range a.cfg.Nodes() {
		if string(id) == key {
			return id, nil
		}
	}
	return "", errs.New(errs.NoSuchFigures, "place %.20q", key)
}

// name is a place's for people.
func (f *Face) name(ctx context.Context, id office.NodeID) string {
	r, _ := f.cfg.Regions.Lookup(region.Code(string(id) + "0000000000"))
	switch {
	case page.PrefsOf(ctx).Lang == "en" && r.En != "":
		return r.En
	case r.Short != "":
		return r.Short
	case r.Name != "":
		return r.Name
	}
	return string(id)
}

func (f *Face) itemName(ctx context.Context, code string) string {
	it, ok := f.cfg.Catalogue.Item(code)
	switch {
	case !ok:
		return code
	case page.PrefsOf(ctx).Lang == "en" && it.NameEn != "":
		return it.NameEn
	}
	return it.Name
}

func (f *Face) today() workday.Date { return workday.DateOf(f.cfg.Now()) }
