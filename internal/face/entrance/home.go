package entrance

import (
	"context"
	"encoding/csv"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"tongban/catalogue"
	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/page"
)

// allModes is the modes in the order in which they are explained: least trouble first.
var allModes = []item.Mode{item.Online, item.Joint, item.Delegated, item.Entrusted, item.Onsite}

// matter is an item on a list.
type matter struct {
	Href, Name, Line string
	Mode             string
	Marked           bool // some ground is not verified
}

// choice is a link with how many matters stand behind it.
type choice struct {
	Href, Text string
	N          int
}

// home is what a first page shows of the catalogue.
type home struct {
	Popular     []matter
	Try         []page.Link
	Person, Org []choice // themes
	Events      []choice
	Zones       []choice
	All         int
	Outages     []string // what cannot be reached, in words
	Tiles       []tile
}

// frontRow is a matter that stands on the first page.
type frontRow struct {
	Item         string
	Line, LineEn string
	Words        string // what people type for it
}

// front is catalogue/front.tsv; a row that cannot be read leaves the list shorter, and a test refuses it.
var front = sync.OnceValue(func() []frontRow {
	b, err := catalogue.FS.ReadFile("front.tsv")
	if err != nil {
		return nil
	}
	r := csv.NewReader(strings.NewReader(string(b)))
	r.Comma, r.LazyQuotes = '\t', true
	rows, err := r.ReadAll()
	if err != nil {
		return nil
	}
	var out []frontRow
	for _, c := range rows[1:] {
		out = append(out, frontRow{c[0], c[1], c[2], c[3]})
	}
	return out
})

// home gathers a first page.
func (b *base) home(ctx context.Context) home {
	h := home{All: len(b.Catalogue.All())}
	for _, o := range b.reach.outages(b.Entrances) {
		h.Outages = append(h.Outages, page.T(ctx, "public.unreachable.home", b.nameOf(page.PrefsOf(ctx).Lang, o.Node), moment(ctx, o.Since)))
	}
	for _, f := range front() {
		it, ok := b.Catalogue.Item(f.Item)
		if !ok {
			continue
		}
		m := b.matter(ctx, it)
		m.Line = answerText(ctx, f.Line, f.LineEn)
		h.Popular = append(h.Popular, m)
		h.Try = append(h.Try, page.Link{Href: "/search?" + url.Values{"q": {f.Words}}.Encode(), Text: f.Words})
	}
	h.Person, h.Org, h.Events = b.links(ctx, "theme", person), b.links(ctx, "theme", org), b.links(ctx, "event", "")
	return h
}

// hubFront is the hub's first page.
func (b *base) hubFront(w http.ResponseWriter, r *http.Request) error {
	return b.keep(w, r, func(ctx context.Context) (view, error) {
		h := b.home(ctx)
		h.Tiles, h.Zones = b.tiles(ctx), b.zoneLinks(ctx)
		return view{Title: page.T(ctx, "public.home.title"), Body: hubHome(b, h)}, nil
	})
}

// front is a province's first page.
func (e *entrance) front(w http.ResponseWriter, r *http.Request) error {
	_, signedIn := e.gate.Visitor(r)
	return e.keep(w, r, func(ctx context.Context) (view, error) {
		title := page.T(ctx, "entrance.home.title", e.nameOf(page.PrefsOf(ctx).Lang, e.me))
		return view{Title: title, Body: provinceHome(e.base, title, signedIn, e.windowsOf(e.me), e.home(ctx))}, nil
	})
}

// matter is an item as lists show it: by the best mode of its row.
func (b *base) matter(ctx context.Context, it item.Item) matter {
	return matter{
		Href: guideHref(it.Code, "", ""), Name: itemName(ctx, it), Line: lineOf(ctx, it), Mode: firstMode(it), Marked: !it.Marks.Solid(),
	}
}

// lineOf says what a matter is for. The lists have Chinese words only, so an English page goes without.
func lineOf(ctx context.Context, it item.Item) string {
	if page.PrefsOf(ctx).Lang == "en" {
		return ""
	}
	return strings.NewReplacer(",", "\uff0c", ";", "\uff1b").Replace(it.Scenario)
}

// windowsOf are the offices of a province.
func (b *base) windowsOf(node office.NodeID) []office.Office {
	var out []office.Office
	for _, o := range b.Offices {
		if o.Node == node {
			out = append(out, o)
		}
	}
	return out
}

// statement is a short page about the site: /about, /accessibility, /privacy.
func (b *base) statement(w http.ResponseWriter, r *http.Request) error {
	name := strings.TrimPrefix(r.URL.Path, "/")
	return b.keep(w, r, func(ctx context.Context) (view, error) {
		return view{Title: page.T(ctx, "entrance."+name+".title"), Back: "/", Body: statementPage(b, name)}, nil
	})
}

// help answers what is asked most.
func (b *base) help(w http.ResponseWriter, r *http.Request) error {
	return b.keep(w, r, func(ctx context.Context) (view, error) {
		return view{Title: page.T(ctx, "public.help.title"), Back: "/", Body: helpPage()}, nil
	})
}

// view is a public page before its frame.
type view struct {
	Title  string
	Back   string // previous step; "" shows none
	Status int    // 0 is 200
	Body   component
	Errors bool
}

// keep answers with a page that is the same for everybody. A visitor who signed in has their name in the frame, so theirs is
// made each time and kept by nobody.
func (b *base) keep(w http.ResponseWriter, r *http.Request, build func(context.Context) (view, error)) error {
	made := func() (page.Sheet, error) {
		v, err := build(r.Context())
		if err != nil {
			return page.Sheet{}, err
		}
		f := b.frame(r)
		f.Title, f.Back, f.HasError = v.Title, v.Back, v.Errors
		return page.Sheet{Status: v.Status, Frame: f, Body: v.Body}, nil
	}
	if b.gate != nil {
		if _, signedIn := b.gate.Visitor(r); signedIn {
			s, err := made()
			if err != nil {
				return err
			}
			return page.Show(w, r, max(s.Status, http.StatusOK), s.Frame, s.Body)
		}
	}
	return b.kept.Show(w, r, b.today().String()+b.reach.stamp(b.Entrances), made)
}

// noPage is the answer to an address below a known one that names nothing.
func noPage(what string) error { return errs.New(errs.NoSuchPage, "%s", what) }

// guideHref is the address of a guide for two places, "" where they are still to be chosen.
func guideHref(code, here, there string) string {
	q := url.Values{}
	for key, v := range map[string]string{"here": here, "there": there} {
		if v != "" {
			q.Set(key, v)
		}
	}
	to := "/guide/" + url.PathEscape(code)
	if len(q) > 0 {
		to += "?" + q.Encode()
	}
	return to
}

// answerPrefix stands before a question's key in an address.
const answerPrefix = page.AnswerPrefix

func yesNo(yes bool) string {
	if yes {
		return "y"
	}
	return "n"
}

// subjects, as items name them.
const (
	person = "person"
	org    = "org"
)

func subjectOf(s string) string {
	if s == person || s == org {
		return s
	}
	return ""
}

func hasSubject(it item.Item, subject string) bool {
	return subject == "" || slices.Contains(it.Subject, subject)
}
