package entrance

import (
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"time"

	"tongban/catalogue"
	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/region"
	"tongban/internal/page"
)

// GalleryDay is the business day of the gallery, so that its pages read the same every day.
var GalleryDay = time.Date(2026, time.November, 25, 1, 0, 0, 0, time.UTC)

// Gallery is a hub's entrance over the catalogue inside the binary, at a fixed day and with made-up offices, that shows every
// public page in every state at /gallery, with more states of other faces behind them. It holds no case and reaches no province.
func Gallery(log *slog.Logger, more ...page.State) (*page.Site, []page.State, error) {
	p, err := galleryPublic(log)
	if err != nil {
		return nil, nil, err
	}
	site, b := NewHub(p), newBase(p)
	states := slices.Concat(publicStates(), b.partStates(), more)
	page.Gallery(site, states)
	return site, states, nil
}

// galleryPublic is what the gallery's pages are made from.
func galleryPublic(log *slog.Logger) (Public, error) {
	regions, err := region.Default()
	if err != nil {
		return Public{}, err
	}
	offices, err := office.Load(catalogue.FS)
	if err != nil {
		return Public{}, err
	}
	return Public{
		Catalogue: item.Default(), Regions: regions, Offices: offices, Log: log, Demo: true, Apply: true,
		Trust:     func() *office.TrustList { return &office.TrustList{Version: 1} },
		Now:       func() time.Time { return GalleryDay },
		Entrances: map[office.NodeID]string{"23": "/gallery/province-home", "63": "/gallery/province-home"},
	}, nil
}

// query writes an address with pairs of names and values.
func query(path string, pairs ...string) string {
	q := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

// publicStates are the states that an address brings about.
func publicStates() []page.State {
	var out []page.State
	group := ""
	add := func(name, path string, pairs ...string) {
		out = append(out, page.State{Group: group, Name: name, Path: query(path, pairs...)})
	}
	const here, there = "230183", "630100"
	shangzhi, xining, chaoyang := "\u5c1a\u5fd7", "\u897f\u5b81", "\u671d\u9633"
	group = "E-01"
	add("home", "/")
	group = "E-02"
	add("search-found", "/search", "q", "gongsi")
	add("search-one-place", "/search", "q", xining+"\u5f00\u516c\u53f8")
	add("search-nothing", "/search", "q", "qqqzzz")
	add("search-too-long", "/search", "q", "yibaobaoxiao yibaobaoxiao yibaobaoxiao yibaobaoxiao yibaobaoxiao yibaobaoxiao")
	group = "E-03"
	add("topics", "/topics")
	add("topics-events", "/topics", "by", "event", "for", "person")
	add("topics-departments", "/topics", "by", "dept", "for", "org")
	add("topic", "/topics/theme/household")
	add("topic-empty", "/topics/theme/household", "for", "org")
	group = "E-04"
	add("regions", "/regions")
	add("regions-wrong", "/regions", "here", "xyz", "there", "999999")
	add("regions-several", "/regions", "here", chaoyang, "there", xining)
	add("regions-abolished", "/regions", "here", "330103", "there", xining)
	add("province", "/regions/63")
	add("province-closed", "/regions/54")
	add("pair", "/regions/"+here+"/"+there)
	add("pair-same-province", "/regions/"+here+"/230100")
	add("pair-outside", "/regions/"+here+"/810000")
	add("zone", "/zones/pan-pearl")
	add("zone-not-verified", "/zones/jingjinji")
	group = "E-05"
	add("check", "/check")
	add("check-empty", "/check", "item", "", "here", "", "there", "")
	add("check-choices", "/check", "item", "gongsi", "here", chaoyang, "there", xining)
	add("place-province", "/place", "as", "here", "to", "/check")
	add("place-city", "/place", "as", "there", "to", "/guide/2020-030", "under", "630000")
	add("place-county", "/place", "as", "there", "to", "/guide/2020-030", "under", "230100")
	add("place-unknown", "/place", "as", "here", "to", "/check", "q", "xyz")
	add("place-several", "/place", "as", "here", "to", "/check", "q", chaoyang)
	add("place-abolished", "/place", "as", "here", "to", "/check", "q", "330103")
	group = "E-06"
	add("guide-no-places", "/guide/2020-030")
	add("guide-one-place", "/guide/2020-030", "here", shangzhi)
	add("guide-wrong-place", "/guide/2020-030", "here", "xyz", "there", xining)
	add("guide-online", "/guide/2020-030", "here", here, "there", there)
	add("guide-answered", "/guide/2020-030", "here", here, "there", there, "a-agent", "y")
	add("guide-entrusted", "/guide/2020-052", "here", here, "there", there)
	add("guide-joint", "/guide/2020-028", "here", "320100", "there", "510100")
	add("guide-onsite", "/guide/2020-054", "here", "320100", "there", "140100")
	add("guide-not-possible", "/guide/2020-055", "here", "320100", "there", "140100", "on", "2021-06-01")
	add("guide-then", "/guide/2020-054", "here", "320100", "there", "320100", "on", "2021-06-01")
	add("guide-household", "/guide/2020-047", "here", "320100", "there", "510100")
	add("guide-insurance", "/guide/practice-009", "here", "331024", "there", "520324")
	add("guide-organisation", "/guide/practice-013", "here", here, "there", "110000")
	add("guide-same-province", "/guide/2020-030", "here", here, "there", "230100")
	add("guide-abolished", "/guide/2020-030", "here", here, "there", "330103")
	add("guide-not-verified", "/guide/2020-002", "here", here, "there", there)
	add("guide-entrance-closed", "/guide/2020-030", "here", here, "there", "540100")
	add("prepare", "/prepare", "item", "2020-052", "here", here, "there", there)
	add("prepare-onsite", "/prepare", "item", "2020-054", "here", "320100", "there", "140100")
	group = "E-27"
	add("verify", "/verify")
	add("verify-where", "/verify", "code", "ABCDEFGH")
	add("verify-wrong-code", "/verify", "code", "01")
	group = "E-30"
	add("windows", "/windows")
	add("windows-near", "/windows", "here", here)
	add("windows-none", "/windows", "here", "110101")
	add("windows-unknown", "/windows", "here", "xyz")
	group = "E-31"
	add("help", "/help")
	for _, name := range statements {
		add(name, "/"+name)
	}
	group = "E-32"
	add("display", "/display", "back", "/")
	return out
}

// partStates are the states that need a failure or a visitor.
func (b *base) partStates() []page.State {
	fault := func(name string, err error) page.State { return page.State{Group: "E-34", Name: name, Err: err} }
	cause := errors.New("made up for the gallery")
	out := []page.State{
		fault("not-found", errs.New(errs.NoSuchPage, "gallery")),
		fault("no-such-matter", errs.New(errs.NoSuchMatter, "gallery")),
		fault("no-such-day", errs.New(errs.NoSuchDay, "gallery")),
		fault("not-at-a-window", errs.New(errs.NotAtWindow, "gallery")),
		fault("failure", errs.Wrap(errs.Unexpected, cause, "gallery")),
		fault("too-many", errs.New(errs.TooMany, "gallery")),
		fault("too-large", errs.New(errs.BodyTooLarge, "gallery")),
		fault("other-site", errs.New(errs.CrossSite, "gallery")),
	}
	home := func(name string, signedIn bool, node office.NodeID) page.State {
		return page.State{Group: "E-01", Name: name, Body: func(r *http.Request) (page.Frame, component) {
			c := *b
			c.me = node
			c.here, _ = b.Regions.Lookup(region.Code(string(node) + "0000000000"))
			f := c.hubFrame(r)
			f.CasesHref = "/gallery"
			title := page.T(r.Context(), "entrance.home.title", c.nameOf(f.Lang, node))
			f.Title = title
			return f, provinceHome(&c, title, signedIn, c.windowsOf(node), c.home(r.Context()))
		}}
	}
	usages := func(name string, list []logged, missing string, ended, noNumber bool) page.State {
		return page.State{Group: "E-29", Name: name, Body: func(r *http.Request) (page.Frame, component) {
			f := b.frame(r)
			f.Title = page.T(r.Context(), "usage.title")
			return f, usagePage(list, missing, ended, noNumber)
		}}
	}
	line := lookedOften{looked{"11-25 09:00", "\u5c1a\u5fd7 (w1)", "view", "2020-030", "23-20261125-000001-1"}, "2026-11-25T01:00:00Z", 3}
	good := logged{Node: "23", Place: "\u9ed1\u9f99\u6c5f\u7701", Lines: []lookedOften{line}, Self: 2, Proved: 5, By: "\u9752\u6d77\u7701", Pending: 1, Key: "AA=="}
	bad, young := logged{Node: "63", Place: "\u9752\u6d77\u7701", Lines: []lookedOften{line}, Bad: true}, logged{Node: "63", Place: "\u9752\u6d77\u7701", Pending: 1, More: true}
	out = append(out,
		usages("usage", []logged{good, young}, "", false, false), usages("usage-bad", []logged{bad}, "", false, false),
		usages("usage-silent", []logged{good}, "\u9752\u6d77\u7701", false, false), usages("usage-ended", nil, "", true, false),
		usages("usage-no-number", nil, "", false, true),
	)
	out = append(out, b.toldStates()...)
	out = append(out, b.caseStates()...)
	return append(out, home("province-home", false, "63"), home("province-signed-in", true, "23"), home("province-without-window", false, "81"))
}

// hubFrame is the frame of the hub's pages, whoever asks.
func (b *base) hubFrame(r *http.Request) page.Frame {
	c := *b
	c.me, c.gate = "", nil
	return c.frame(r)
}
