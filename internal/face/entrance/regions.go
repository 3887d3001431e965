package entrance

import (
	"context"
	"net/http"
	"net/url"
	"slices"

	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/region"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

// regions is /regions: the places, the zones, and the sentence with two names; two places that are clear lead to their page.
func (b *base) regions(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	asked := q.Has("here") || q.Has("there")
	e := b.ends(q, "/regions", b.today())
	if e.ok() {
		return page.SeeOther(w, r, pairHref(e.Here.Code, e.There.Code))
	}
	return b.keep(w, r, func(ctx context.Context) (view, error) {
		v := view{Title: page.T(ctx, "public.regions.title"), Back: "/"}
		var list []page.FieldError
		if asked {
			if list = b.faults(ctx, e, true); len(list) > 0 {
				v.Status, v.Errors = http.StatusUnprocessableEntity, true
			}
		}
		v.Body = regionsPage(b, e, asked, list, b.tiles(ctx), b.zoneLinks(ctx))
		return v, nil
	})
}

// pair is what works between two places.
type pair struct {
	ends
	Groups  []pairGroup
	None    []matter // with why not as their line
	N       int
	Refuse  string // why nothing does, as a key below public.regions
	Place   string // for Refuse
	Turned  string // address of the other direction
	Windows []office.Office
	Zones   []choice
}

// pairGroup is the matters of one mode.
type pairGroup struct {
	Mode item.Mode
	List []matter
}

// pairOf is /regions/{here}/{there}.
func (b *base) pairOf(w http.ResponseWriter, r *http.Request) error {
	on := b.today()
	q := url.Values{"here": {r.PathValue("here")}, "there": {r.PathValue("there")}}
	e := b.ends(q, "/regions", on)
	if !e.ok() {
		// a name or an abolished code in the path: the asking page knows what to say
		return page.SeeOther(w, r, "/regions?"+q.Encode())
	}
	return b.keep(w, r, func(ctx context.Context) (view, error) {
		p := b.pair(ctx, e, on)
		title := page.T(ctx, "public.regions.pair_title", e.HereName, e.ThereName)
		return view{Title: title, Back: "/regions", Body: pairPage(b, p)}, nil
	})
}

func (b *base) pair(ctx context.Context, e ends, on workday.Date) pair {
	here, there := e.Here.Code, e.There.Code
	p := pair{ends: e, Turned: pairHref(there, here), Windows: b.windowsNear(here), Zones: b.zonesOf(ctx, here, there)}
	for _, c := range []region.Code{here, there} {
		if reg, _ := b.Regions.Lookup(c.ProvinceCode()); !reg.Node {
			p.Refuse, p.Place = "pair_outside", reg.Name
			return p
		}
	}
	for _, it := range b.Catalogue.All() {
		a := b.Catalogue.Can(item.Query{Item: it.Code, Here: here, There: there, On: on}, b.Regions)
		m := b.matter(ctx, it)
		m.Href, m.Mode = guideHref(it.Code, here.Display(), there.Display()), string(a.Mode)
		m.Marked = len(a.Marks) > 0
		if !a.Possible {
			m.Line = answerText(ctx, a.Reason, a.ReasonEn)
			p.None = append(p.None, m)
			continue
		}
		p.N++
		i := slices.IndexFunc(p.Groups, func(g pairGroup) bool { return g.Mode == a.Mode })
		if i < 0 {
			i, p.Groups = len(p.Groups), append(p.Groups, pairGroup{Mode: a.Mode})
		}
		p.Groups[i].List = append(p.Groups[i].List, m)
	}
	slices.SortStableFunc(p.Groups, func(a, b pairGroup) int { return slices.Index(allModes, a.Mode) - slices.Index(allModes, b.Mode) })
	if here.Province() == there.Province() {
		p.Refuse = "pair_same"
	}
	return p
}

// provinceOf is /regions/{here}: one province, and from there to any other.
func (b *base) provinceOf(w http.ResponseWriter, r *http.Request) error {
	s := b.spot(r.PathValue("here"), b.today())
	if id := office.NodeID(r.PathValue("here")); id.Member() {
		s = b.spot(string(id)+"0000", b.today())
	}
	if reg, ok := b.Regions.ByLabel(r.PathValue("here")); ok {
		s = b.spot(string(reg.Code), b.today())
	}
	if !s.ok() {
		return page.SeeOther(w, r, "/regions?"+url.Values{"here": {r.PathValue("here")}}.Encode())
	}
	return b.keep(w, r, func(ctx context.Context) (view, error) {
		reg, _ := b.Regions.Lookup(s.Code)
		name := b.placeName(s.Code)
		if reg.Level == region.Province {
			name = regionName(ctx, reg)
		}
		p := province{Code: s.Code, Name: name, Tiles: b.tiles(ctx), Windows: b.windowsNear(s.Code), Zones: b.zonesOf(ctx, s.Code)}
		p.Open = b.Entrances[nodeOf(s.Code)]
		for i := range p.Tiles {
			if t := &p.Tiles[i]; !t.Outside {
				t.To = pairHref(s.Code, region.Code(string(t.ID)+"0000000000"))
			}
		}
		return view{Title: name, Back: "/regions", Body: provincePage(b, p)}, nil
	})
}

// province is the page of one province or place.
type province struct {
	Code    region.Code
	Name    string
	Open    string // address of its entrance, "" if there is none
	Tiles   []tile
	Windows []office.Office
	Zones   []choice
}

// pairHref is the address of what works from here to there.
func pairHref(here, there region.Code) string {
	return "/regions/" + here.Display() + "/" + there.Display()
}
