package entrance

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"tongban/internal/domain/office"
	"tongban/internal/kernel/region"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

// spot is what somebody means by a place they typed or chose.
type spot struct {
	Text  string // as typed, bounded
	Code  region.Code
	Many  []region.Code // divisions that bear the name, if several do
	State spotState
	Until string        // since when an abolished place is gone
	Next  []region.Code // what took over
}

type spotState uint8

const (
	noSpot      spotState = iota // nothing was said
	oneSpot                      // Code is it
	manySpots                    // Many are
	unknownName                  // no place is called so
	unknownCode                  // a code of no place
	goneSpot                     // Code was abolished
)

// ok reports whether the place can be worked with.
func (s spot) ok() bool { return s.State == oneSpot }

// spot reads a name or a code on a day: what was abolished later was in force before.
func (b *base) spot(text string, on workday.Date) spot {
	s := spot{Text: clip(text)}
	hits := b.places.find(s.Text)
	switch {
	case s.Text == "":
		return s
	case len(hits) == 0:
		s.State = unknownName
		return s
	case len(hits) > 1:
		s.State, s.Many = manySpots, hits
		return s
	}
	s.Code = hits[0]
	r, status := b.Regions.Lookup(s.Code)
	for status == region.Unknown && s.Code.Level() >= region.Township { // streets are not in the table: their county is
		s.Code = r.Parent
		r, status = b.Regions.Lookup(s.Code)
	}
	switch day := on.String(); {
	case status == region.Unknown:
		s.State = unknownCode
	case status == region.Historical && day[:min(len(day), len(r.Until))] >= r.Until:
		s.State, s.Until, s.Next = goneSpot, r.Until, r.Successors
	default:
		s.State = oneSpot
	}
	return s
}

// words say what is wrong with a place, or "".
func (s spot) words(ctx context.Context) string {
	switch s.State {
	case unknownName:
		return page.T(ctx, "public.place.unknown", s.Text)
	case unknownCode:
		return page.T(ctx, "public.place.unknown_code", s.Text)
	case noSpot, oneSpot, manySpots, goneSpot:
	}
	return ""
}

// ends is the two ends of a matter as a page shows them, with where each is changed.
type ends struct {
	Here, There         spot
	HereName, ThereName string
	HereHref, ThereHref string
	Action              string     // the page that asks
	Keep                url.Values // what else its form carries
}

func (e ends) ok() bool { return e.Here.ok() && e.There.ok() }

// ends reads here and there of a request whose page is at action; on a province's site here is that province unless said.
func (b *base) ends(q url.Values, action string, on workday.Date) ends {
	e := ends{Here: b.spot(q.Get("here"), on), There: b.spot(q.Get("there"), on), Action: action, Keep: url.Values{}}
	for key, v := range q {
		if key != "here" && key != "there" && key != "lang" && len(v) > 0 && len(e.Keep) < 20 {
			e.Keep.Set(clip(key), clip(v[0]))
		}
	}
	if e.Here.ok() {
		e.HereName = b.placeName(e.Here.Code)
	}
	if e.There.ok() {
		e.ThereName = b.placeName(e.There.Code)
	}
	e.HereHref, e.ThereHref = placeHref("here", e.with("here", "")), placeHref("there", e.with("there", ""))
	return e
}

// with is the page's address with one end replaced.
func (e ends) with(as, code string) string {
	q := url.Values{}
	maps.Copy(q, e.Keep)
	for key, s := range map[string]spot{"here": e.Here, "there": e.There} {
		if v := s.value(); v != "" {
			q.Set(key, v)
		}
	}
	if code == "" {
		q.Del(as)
	} else {
		q.Set(as, region.Code(code).Display())
	}
	if len(q) == 0 {
		return e.Action
	}
	return e.Action + "?" + q.Encode()
}

func (s spot) value() string {
	if s.Code != "" {
		return s.Code.Display()
	}
	return s.Text
}

// placeHref is the address of the picker for one end of the page to.
func placeHref(as, to string) string {
	return "/place?" + url.Values{"as": {as}, "to": {to}}.Encode()
}

// pages that the picker may come back to.
var pickers = []string{"/guide/", "/regions", "/check", "/prepare", "/windows"}

// pick is /place: province, then city, then county, or a name or code. It works by links alone.
type pick struct {
	As, To  string // which end; the page that asked
	Under   region.Code
	Level   int // 1: provinces stand open
	List    []region.Region
	Above   []region.Region // chosen so far
	Typed   spot
	Refused bool // Typed names nothing
}

func (b *base) place(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	p := pick{As: q.Get("as"), To: q.Get("to"), Level: 1}
	back, err := url.Parse(p.To)
	known := err == nil && back.Host == "" && back.Scheme == "" && !strings.HasPrefix(p.To, "//") && len(p.To) < 2000 &&
		slices.ContainsFunc(pickers, func(s string) bool { return strings.HasPrefix(back.Path, s) }) &&
		!strings.ContainsAny(p.To, "\\\r\n\t")
	if (p.As != "here" && p.As != "there") || !known {
		return noPage("picker")
	}
	if q.Has("q") {
		p.Typed = b.spot(q.Get("q"), b.today())
		if p.Typed.ok() {
			return page.SeeOther(w, r, p.take(p.Typed.Code))
		}
	}
	if code, err := region.Parse(q.Get("under")); err == nil {
		if _, status := b.Regions.Lookup(code); status == region.Current {
			p.Under = code
		}
	}
	for c := p.Under; c != ""; {
		reg, _ := b.Regions.Lookup(c)
		if reg.Level != region.Group {
			p.Above = append([]region.Region{reg}, p.Above...)
		}
		c = reg.Parent
	}
	p.Level, p.List = len(p.Above)+1, b.Regions.Children(p.Under)
	if p.Under != "" && len(p.List) == 0 {
		return page.SeeOther(w, r, p.take(p.Under))
	}
	return b.keep(w, r, func(ctx context.Context) (view, error) {
		status := http.StatusOK
		if p.Typed.words(ctx) != "" {
			status, p.Refused = http.StatusUnprocessableEntity, true
		}
		return view{
			Title: page.T(ctx, "public.place.which."+p.As), Back: p.To, Status: status, Errors: p.Refused, Body: placePage(b, p),
		}, nil
	})
}

// take is the asking page with the chosen place.
func (p pick) take(code region.Code) string {
	u, err := url.Parse(p.To)
	if err != nil {
		return "/"
	}
	q := u.Query()
	q.Set(p.As, code.Display())
	return (&url.URL{Path: u.Path, RawQuery: q.Encode()}).String()
}

// down is the picker one level lower.
func (p pick) down(code region.Code) string {
	return "/place?" + url.Values{"as": {p.As}, "to": {p.To}, "under": {code.Display()}}.Encode()
}

// nodeOf is the province that a place belongs to.
func nodeOf(code region.Code) office.NodeID { return office.NodeID(code.Province()) }

// next leads a level down, or takes a place that has nothing below.
func (p pick) next(b *base, r region.Region) string {
	if len(p.Above) >= 2 || len(b.Regions.Children(r.Code)) == 0 {
		return p.take(r.Code)
	}
	return p.down(r.Code)
}

// regionName is a division's own name in the reader's language.
func regionName(ctx context.Context, r region.Region) string {
	if r.En != "" && page.PrefsOf(ctx).Lang == "en" {
		return r.En
	}
	return r.Name
}

// kept is what the form carries along, in order.
func (e ends) kept() [][2]string {
	var out [][2]string
	for k, v := range e.Keep {
		out = append(out, [2]string{k, v[0]})
	}
	slices.SortFunc(out, func(a, b [2]string) int { return strings.Compare(a[0], b[0]) })
	return out
}

// replacing gives the page's address with the abolished end s replaced.
func (e ends) replacing(s spot) func(region.Code) string {
	as := "there"
	if s.State == e.Here.State && s.Code == e.Here.Code {
		as = "here"
	}
	return func(c region.Code) string { return e.with(as, string(c)) }
}

// shown is a place in its field: its name where it has one.
func (b *base) shown(s spot) string {
	if s.ok() {
		return b.placeName(s.Code)
	}
	return s.Text
}

// endFault is what is wrong with one end, "" if nothing; with ask an empty one is wrong too.
func (b *base) endFault(ctx context.Context, as string, s spot, ask bool) string {
	if s.State == noSpot && ask {
		if as == "here" {
			return page.T(ctx, "entrance.can.no_here")
		}
		return page.T(ctx, "entrance.can.no_there")
	}
	return s.words(ctx)
}

// faults are the lines of an error summary for both ends.
func (b *base) faults(ctx context.Context, e ends, ask bool) []page.FieldError {
	var out []page.FieldError
	for _, x := range []struct {
		as string
		s  spot
	}{{"here", e.Here}, {"there", e.There}} {
		if words := b.endFault(ctx, x.as, x.s, ask); words != "" {
			out = append(out, page.FieldError{Field: x.as, Text: words})
		}
	}
	return out
}
