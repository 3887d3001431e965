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

// made is a hub's pages over made-up figures, on a fixed day.
func made(frame func(*http.Request) page.Frame) Config {
	regions, err := region.Default()
	if err != nil { // compiled in, so a test has seen it
		panic(err)
	}
	var nodes []office.NodeID
	for _, r := range regions.Children("") {
		if r.Node {
			nodes = append(nodes, office.NodeID(r.Code.Province()))
		}
	}
	now := time.Date(2026, time.November, 25, 1, 0, 0, 0, time.UTC)
	return Config{
		Source: madeUp{nodes: nodes, now: now}, Book: figure.Default(), Catalogue: item.Default(), Regions: regions, Frame: frame,
		Now: func() time.Time { return now }, Nodes: func() []office.NodeID { return nodes },
		Objections: madeObjections, Bulletins: madeIssues{issuer: office.Hub, nodes: nodes, now: now}, PublicURL: "http://localhost",
	}
}

// States are the pages with made-up figures, for the gallery.
func States() []page.State {
	hub := made(func(r *http.Request) page.Frame {
		f := page.FrameOf(r)
		f.Face = "hub"
		return f
	})
	none, province := hub, hub
	none.Source = madeUp{empty: true}
	province.Me, province.HubURL = "63", "http://localhost"
	var out []page.State
	add := func(group, name string, cfg Config, path, query, key string, build func(f *Face, a ask) (view, error)) {
		out = append(out, page.State{Group: group, Name: name, Body: func(r *http.Request) (page.Frame, templ.Component) {
			r = r.Clone(r.Context())
			r.URL.Path, r.URL.RawQuery = path, query
			r.SetPathValue("node", key)
			r.SetPathValue("item", key)
			f := New(cfg)
			p := f.period(r)
			v, err := build(f, ask{f, r.Context(), r, p})
			if err != nil { // made-up figures do not fail
				panic(err)
			}
			fr := f.finish(r, &v, p)
			return fr, boardPage(f, r, v)
		}})
	}
	add("S-16", "open", hub, "/open", "", "", (*Face).overview)
	add("S-16", "open-wrong-month", hub, "/open", "from=2026-13&to=x", "", (*Face).overview)
	add("S-16", "open-nothing-yet", none, "/open", "", "", (*Face).overview)
	add("S-02", "open-province", province, "/open", "", "", (*Face).overview)
	add("S-02", "open-region", hub, "/open/regions/23", "", "23", (*Face).region)
	add("S-02", "open-region-few", hub, "/open/regions/54", "", "54", (*Face).region)
	add("S-03", "open-matters", hub, "/open/matters", "", "", (*Face).matters)
	add("S-03", "open-matter", hub, "/open/matters/2020-030", "", "2020-030", (*Face).matter)
	add("S-01", "open-stages", hub, "/open/stages", "", "", (*Face).stages)
	add("S-04", "open-flows", hub, "/open/flows", "", "", (*Face).flows)
	add("S-07", "open-rework", hub, "/open/rework", "", "", (*Face).rework)
	out = append(out, bulletinStates(hub)...)
	add("S-10", "open-ledger", hub, "/open/ledger", "", "", (*Face).ledger)
	add("S-10", "open-ledger-province", province, "/open/ledger", "", "", (*Face).ledger)
	return append(out, page.State{Group: "S-14", Name: "open-definitions", Body: func(r *http.Request) (page.Frame, templ.Component) {
		fr := hub.Frame(r)
		fr.Title = page.T(r.Context(), "board.definitions")
		return fr, definitionsPage(r, hub.Book)
	}})
}
