package entrance

import (
	"context"
	"net/http"
	"slices"

	"tongban/internal/domain/booking"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/region"
	"tongban/internal/page"
)

// windowsView is /windows: handling points near a place.
type windowsView struct {
	Here      spot
	Name      string
	Near      []office.Office // whose area holds the place, the smallest area first
	Others    []office.Office // in the same province
	Provinces []choice
	Pick      string
	Demo      bool // some are made up
}

func (b *base) windows(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	asked := q.Has("here")
	e := b.ends(q, "/windows", b.today())
	if !asked && b.me != "" {
		e.Here = b.spot(string(b.here.Code), b.today())
		e.HereName = b.placeName(b.here.Code)
	}
	return b.keep(w, r, func(ctx context.Context) (view, error) {
		v := windowsView{Here: e.Here, Name: e.HereName, Pick: placeHref("here", "/windows"), Demo: slices.ContainsFunc(b.Offices, func(o office.Office) bool { return o.Provenance == office.Demo })}
		out := view{Title: page.T(ctx, "public.windows.title"), Back: "/"}
		if words := v.Here.words(ctx); asked && words != "" {
			out.Status, out.Errors = http.StatusUnprocessableEntity, true
		}
		if v.Here.ok() {
			out.Title = page.T(ctx, "public.windows.title_of", v.Name)
			v.Near = b.windowsNear(v.Here.Code)
			for _, o := range b.windowsOf(nodeOf(v.Here.Code)) {
				if !slices.ContainsFunc(v.Near, func(n office.Office) bool { return n.Code == o.Code }) {
					v.Others = append(v.Others, o)
				}
			}
		}
		for _, reg := range b.Regions.Provinces() {
			if n := len(b.windowsOf(nodeOf(reg.Code))); n > 0 {
				v.Provinces = append(v.Provinces, choice{"/windows?here=" + reg.Code.Display(), regionName(ctx, reg), n})
			}
		}
		out.Body = windowsPage(b, v)
		return out, nil
	})
}

// windowsNear are the offices whose area holds a place or lies in it, those of the smallest area first.
func (b *base) windowsNear(place region.Code) []office.Office {
	var out []office.Office
	for _, o := range b.Offices {
		if b.Regions.Within(place, o.Region) || b.Regions.Within(o.Region, place) {
			out = append(out, o)
		}
	}
	slices.SortStableFunc(out, func(x, y office.Office) int { return int(y.Region.Level()) - int(x.Region.Level()) })
	return out
}

// windowsHref is the windows near a place.
func (b *base) windowsHref(place region.Code) string { return "/windows?here=" + place.Display() }

// visitHref is where a visit to a window is booked: at the entrance of its province; "" if it takes none or that is not known.
func (b *base) visitHref(o office.Office) string {
	plan, err := booking.Default()
	if err != nil || !plan.Takes(o.Code) {
		return ""
	}
	path := "/visit?office=" + o.Code
	if o.Node == b.me {
		return path
	}
	if at := b.Entrances[o.Node]; at != "" {
		return at + path
	}
	return ""
}
