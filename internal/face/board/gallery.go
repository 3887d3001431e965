package board

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/a-h/templ"

	"tongban/internal/domain/figure"
	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/region"
	"tongban/internal/page"
)

// madeUp is a source with made-up figures: every place has some, one has few, one is silent, one never spoke, and two contradict
// each other.
type madeUp struct {
	nodes []office.NodeID
	now   time.Time
	empty bool
}

// places of the made-up figures that are particular.
const (
	madeFew, madeSilent, madeNever office.NodeID = "54", "62", "66"
)

func (m madeUp) FigureBy(_ context.Context, of office.NodeID, by figure.Cut, key string, _, _ int) (map[string]figure.Hist, error) {
	if m.empty || of == madeNever {
		return nil, nil
	}
	d, _ := figure.Default().Find(key)
	keys := []string{"2020-030", "2020-031", "2020-012"}
	if by == figure.ByPlace {
		keys = nil
		for _, id := range m.nodes {
			keys = append(keys, string(id))
		}
	}
	at := slices.Index(m.nodes, of)
	out := map[string]figure.Hist{}
	for i, k := range keys {
		h := figure.Hist{}
		n := int64(20 + (at*7+i*5)%40)
		if of == madeFew {
			n = int64(max(0, 3-i)) // a few with the first places, none with the others
		}
		for j := range n {
			h[madeClass(d, at, int(j))]++
		}
		if n > 0 && k != string(of) {
			out[k] = h
		}
	}
	return out, nil
}

func madeClass(d figure.Definition, at, j int) int {
	switch d.Kind {
	case figure.Time:
		return figure.ClassOf(time.Duration(1+at%5+j) * time.Duration(1+len(d.Key)%6) * time.Hour)
	case figure.Days:
		return 1 + (at+j)%6
	case figure.Kept, figure.Law:
		if j%20 < at%6 {
			return 0
		}
		return 1
	case figure.Tries:
		return (at + j) % 11 / 10 * (1 + j%2)
	case figure.Outcome:
		return 1 + j%12/10
	case figure.Count:
	}
	return 0
}

func (m madeUp) Spoke() map[office.NodeID]time.Time {
	out := map[office.NodeID]time.Time{}
	for _, id := range m.nodes {
		if !m.empty && id != madeNever {
			out[id] = m.now.Add(-time.Hour)
		}
	}
	if !m.empty {
		out[madeSilent] = m.now.AddDate(0, 0, -5)
	}
	return out
}

func (m madeUp) Against(int, int) []figure.Contradiction {
	if m.empty {
		return nil
	}
	return []figure.Contradiction{{Month: 202611, Figure: "transit", Sender: "23", Receiver: "63", Says: 41, SaysOther: 38}}
}

// Gallery puts the pages with made-up figures on a site, and gives their states: those of the hub at their own addresses, those
// of a province and of a start without figures below the gallery.
func Gallery(s *page.Site, regions *region.Table, now time.Time) []page.State {
	var nodes []office.NodeID
	for _, r := range regions.Children("") {
		if r.Node {
			nodes = append(nodes, office.NodeID(r.Code.Province()))
		}
	}
	cfg := Config{
		Source: madeUp{nodes: nodes, now: now}, Book: figure.Default(), Catalogue: item.Default(), Regions: regions, Frame: s.Frame,
		Now: func() time.Time { return now }, Nodes: func() []office.NodeID { return nodes },
	}
	New(cfg).Register(s)
	var out []page.State
	add := func(group, name, path string) { out = append(out, page.State{Group: group, Name: name, Path: path}) }
	add("S-16", "open", "/open")
	add("S-16", "open-wrong-month", "/open?from=2026-13&to=x")
	add("S-02", "open-region", "/open/regions/63")
	add("S-02", "open-region-few", "/open/regions/54")
	add("S-03", "open-matters", "/open/matters")
	add("S-03", "open-matter", "/open/matters/2020-030")
	add("S-01", "open-stages", "/open/stages")
	add("S-04", "open-flows", "/open/flows")
	add("S-07", "open-rework", "/open/rework")
	add("S-14", "open-definitions", "/open/figures")
	made := func(group, name string, change func(c *Config)) {
		own := cfg
		change(&own)
		out = append(out, page.State{Group: group, Name: name, Body: func(r *http.Request) (page.Frame, templ.Component) {
			f := New(own)
			r = r.Clone(r.Context())
			r.URL.Path = "/open"
			p := f.period(r)
			v, err := f.overview(ask{f, r.Context(), r, p})
			if err != nil { // made-up figures do not fail
				panic(err)
			}
			v.Period, v.AsOf = p, now
			fr := s.Frame(r)
			fr.Title = v.Title
			return fr, boardPage(f, r, v)
		}})
	}
	made("S-16", "open-nothing-yet", func(c *Config) { c.Source = madeUp{nodes: nodes, now: now, empty: true} })
	made("S-02", "open-province", func(c *Config) { c.Me, c.HubURL = "63", "http://localhost" })
	return out
}
