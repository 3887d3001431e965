// Package wallet is 我的证照 (ux pages.md E-28): what a person holds over all provinces; showing a licence by a code that lives a
// minute and tells only what was chosen; taking it along as signed record, credential or print; and who used it. Every page
// works without script.
package wallet

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"tongban/internal/domain/licence"
	"tongban/internal/domain/office"
	"tongban/internal/domain/party"
	"tongban/internal/domain/sharing"
	"tongban/internal/handling/certify"
	"tongban/internal/handling/elsewhere"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/throttle"
	"tongban/internal/page"
	"tongban/internal/page/text"
)

// Config is what these pages need.
type Config struct {
	Wallet *certify.Wallet
	Gate   page.Gate
	// Elsewhere asks the other provinces what the visitor holds there, a second at most; who did not answer is named.
	Elsewhere func(ctx context.Context, v page.Visitor) ([]elsewhere.Licence, []office.NodeID, error)
	// Book lets f read what provinces said about whose licences they take.
	Book func(f func(b *sharing.Book))
	// PDF writes a print; see adapter/pdf.
	PDF       func(p licence.Print) ([]byte, error)
	Frame     func(r *http.Request) page.Frame           // the entrance's, so that both look as one
	Name      func(lang string, id office.NodeID) string // nil is the trust list's
	Entrances map[office.NodeID]string
	PublicURL string // of the entrance, without a slash at its end
	Demo      bool
	Client    func(r *http.Request) string // names who scans, for the limit; nil is the address of the connection
}

// Face is the wallet pages of one node. Safe for concurrent use.
type Face struct {
	cfg   Config
	scans *throttle.Throttle
}

// scansAMinute is how many codes one reader may open.
const scansAMinute = 30

// mostUses bounds the list of who used a licence.
const mostUses = 50

// New makes the pages.
func New(cfg Config) *Face {
	if cfg.Client == nil {
		cfg.Client = func(r *http.Request) string {
			host, _, err := net.SplitHostPort(r.RemoteAddr)
			if err != nil {
				return r.RemoteAddr
			}
			return host
		}
	}
	if cfg.Name == nil {
		cfg.Name = func(lang string, id office.NodeID) string {
			n, ok := cfg.Wallet.Issuer.Kit.Trust().Node(id)
			switch {
			case !ok:
				return string(id)
			case lang == "en":
				return n.NameEn
			}
			return n.Name
		}
	}
	return &Face{cfg, throttle.New(scansAMinute, time.Minute, time.Now)}
}

// Register puts the pages on the entrance's site.
func (f *Face) Register(s *page.Site) {
	s.Get("/wallet", f.guard(f.home))
	s.Get("/wallet/{id}", f.guard(f.one))
	s.Post("/wallet/{id}/show", f.guard(f.show))
	s.Get("/wallet/{id}/code/{code}", f.guard(f.code))
	s.Get("/wallet/{id}/file/{form}", f.guard(f.file))
	s.Get("/s/{code}", f.scanned)
	s.Get("/recognition", f.recognition)
	s.Get("/licence-request", f.request)
	s.Post("/licence-request", f.guard(f.decide))
}

func (f *Face) guard(h func(w http.ResponseWriter, r *http.Request, v page.Visitor) error) page.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		v, ok := f.cfg.Gate.Visitor(r)
		if !ok {
			return errs.New(errs.SignInNeeded, "wallet")
		}
		return h(w, r, v)
	}
}

func (f *Face) page(w http.ResponseWriter, r *http.Request, title, back string, body templ.Component) error {
	fr := f.cfg.Frame(r)
	fr.Title, fr.Back = title, back
	switch r.URL.Query().Get("said") {
	case "shown":
		fr.Flash = page.T(r.Context(), "presentation.wallet.done")
	case "refused":
		fr.Flash = page.T(r.Context(), "presentation.wallet.refused")
	}
	return page.Show(w, r, http.StatusOK, fr, body)
}

// card is one licence of the list.
type card struct {
	Href, Type, No, Holder, Until, Place string
	State                                licence.State
}

// homeView is everything that a person holds.
type homeView struct {
	Cards    []card
	Missing  string // names of provinces that did not answer
	Ended    bool   // the sign-in is too old to ask others
	NoNumber bool
}

// Line is what another province, or this one, tells of a licence.
func Line(o certify.Owned) elsewhere.Licence {
	l := o.Record
	return elsewhere.Licence{
		ID: l.ID, Type: l.TypeName, No: l.No, Holder: Masked(l.Holder), Office: l.Issuer.Code, State: string(o.Life.State), From: l.From, Until: l.Until,
	}
}

// Masked shows an organisation's name, which is public, and masks a person's.
func Masked(h licence.Holder) string {
	if h.CodeType == "001" {
		return h.Name
	}
	return party.MaskName(h.Name)
}

func (f *Face) home(w http.ResponseWriter, r *http.Request, v page.Visitor) error {
	ctx := r.Context()
	view := homeView{NoNumber: v.Person.IDNo == ""}
	mine, err := f.cfg.Wallet.Listed(ctx, v.Person)
	if err != nil {
		return err
	}
	for _, o := range mine {
		view.Cards = append(view.Cards, f.card(ctx, Line(o), f.cfg.Wallet.Issuer.Kit.Me))
	}
	if f.cfg.Elsewhere != nil && !view.NoNumber {
		held, missing, err := f.cfg.Elsewhere(ctx, v)
		if view.Ended = errs.Is(err, errs.RoamEnded); !view.Ended {
			var names []string
			for _, id := range missing {
				names = append(names, f.cfg.Name(page.PrefsOf(ctx).Lang, id))
			}
			view.Missing = strings.Join(names, page.T(ctx, "wallet.comma"))
		}
		for _, l := range held {
			view.Cards = append(view.Cards, f.card(ctx, l, l.Node))
		}
	}
	return f.page(w, r, page.T(ctx, "wallet.title"), "/cases", homePage(view))
}

func (f *Face) card(ctx context.Context, l elsewhere.Licence, at office.NodeID) card {
	c := card{Type: l.Type, No: l.No, Holder: l.Holder, Until: l.Until, State: licence.State(l.State), Place: f.cfg.Name(page.PrefsOf(ctx).Lang, at)}
	path := "/wallet/" + url.PathEscape(l.ID)
	switch site := f.cfg.Entrances[at]; {
	case at == f.cfg.Wallet.Issuer.Kit.Me:
		c.Href = path
	case site != "": // one sign-in, every province
		c.Href = site + path
	}
	return c
}

// oneView is a licence in full, with what can be done with it.
type oneView struct {
	O      certify.Owned
	Fields []page.Choice // that may be shown
	Shown  [][]page.Cell // for which cases it was shown
	Uses   [][]page.Cell
	Stands bool
}

func (f *Face) one(w http.ResponseWriter, r *http.Request, v page.Visitor) error {
	ctx := r.Context()
	o, err := f.cfg.Wallet.Own(ctx, v.Person, r.PathValue("id"), "wallet.open")
	if err != nil {
		return err
	}
	view := oneView{O: o, Stands: o.Life.Stands() == nil}
	for _, key := range []string{certify.ShowNo, certify.ShowHolder, certify.ShowCode} {
		view.Fields = append(view.Fields, page.Choice{Value: key, Text: page.T(ctx, "wallet.field."+strings.TrimPrefix(key, "."))})
	}
	for _, x := range o.Record.Fields {
		view.Fields = append(view.Fields, page.Choice{Value: x.Key, Text: x.Label})
	}
	uses, err := f.cfg.Wallet.Uses(ctx, o, mostUses)
	if err != nil {
		return err
	}
	for _, e := range uses {
		view.Uses = append(view.Uses, []page.Cell{page.Text(moment(ctx, e.At)), page.Text(f.who(ctx, e)), page.Text(did(ctx, e))})
	}
	shown, err := f.cfg.Wallet.Showings(ctx, v.Person, o.Record.ID)
	if err != nil {
		return err
	}
	for _, u := range shown {
		view.Shown = append(view.Shown, f.useRow(ctx, u))
	}
	return f.page(w, r, o.Record.TypeName, "/wallet", onePage(view))
}

// show makes the code; its page can be reloaded.
func (f *Face) show(w http.ResponseWriter, r *http.Request, v page.Visitor) error {
	id := r.PathValue("id")
	code, _, err := f.cfg.Wallet.Show(r.Context(), v.Person, id, r.PostForm["field"])
	if err != nil {
		return err
	}
	return page.SeeOther(w, r, "/wallet/"+url.PathEscape(id)+"/code/"+code)
}

func (f *Face) code(w http.ResponseWriter, r *http.Request, v page.Visitor) error {
	ctx := r.Context()
	o, err := f.cfg.Wallet.Own(ctx, v.Person, r.PathValue("id"), "wallet.open")
	if err != nil {
		return err
	}
	address := f.cfg.PublicURL + "/s/" + url.PathEscape(r.PathValue("code"))
	return f.page(w, r, page.T(ctx, "wallet.code.title"), "/wallet/"+url.PathEscape(o.Record.ID), codePage(o.Record.TypeName, address, o.Record.ID))
}

// file is the licence to take along.
func (f *Face) file(w http.ResponseWriter, r *http.Request, v page.Visitor) error {
	ctx, id := r.Context(), r.PathValue("id")
	var kind, ext string
	var body []byte
	switch r.PathValue("form") {
	case "record":
		o, err := f.cfg.Wallet.Own(ctx, v.Person, id, "wallet.file")
		if err != nil {
			return err
		}
		file, err := licence.NewFile(o.Signed)
		if err != nil {
			return err
		}
		if body, err = file.Bytes(); err != nil {
			return err
		}
		kind, ext = "application/json", "json"
	case "credential":
		token, err := f.cfg.Wallet.Take(ctx, v.Person, id)
		if err != nil {
			return err
		}
		body, kind, ext = []byte(token+"\n"), "application/dc+sd-jwt", "sdjwt"
	case "print":
		o, err := f.cfg.Wallet.Own(ctx, v.Person, id, "wallet.file")
		if err != nil {
			return err
		}
		if body, err = f.cfg.PDF(f.print(o.Record)); err != nil {
			return err
		}
		kind, ext = "application/pdf", "pdf"
	default:
		return errs.New(errs.NoSuchPage, "no such form")
	}
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Disposition", `attachment; filename="licence.`+ext+`"`)
	_, _ = w.Write(body) //nolint:gosec // a file to keep, not a page; a reader who went away is no error of ours
	return nil
}

// print is the licence's text on paper, always in Chinese as the licence is.
func (f *Face) print(l licence.Licence) licence.Print {
	rows := []licence.Field{{Label: text.T("zh", "register.no"), Value: l.No}}
	rows = append(rows, l.Fields...)
	if !slices.ContainsFunc(l.Fields, func(x licence.Field) bool { return x.Value == l.Holder.Name }) {
		rows = append(rows, licence.Field{Label: text.T("zh", "register.holder"), Value: l.Holder.Name})
	}
	until := l.Until
	if until == "" {
		until = text.T("zh", "register.no_end")
	}
	rows = append(rows, licence.Field{Label: text.T("zh", "register.from"), Value: l.From}, licence.Field{Label: text.T("zh", "register.until"), Value: until})
	p := licence.Print{
		Title: l.TypeName, Rows: rows, Verify: f.cfg.PublicURL + "/v/" + l.ID,
		Foot: []string{l.Issuer.Name, l.Issued, l.ID, text.T("zh", "wallet.print.check")},
	}
	if f.cfg.Demo {
		p.Foot = append(p.Foot, text.T("zh", "print.demo_note"))
	}
	return p
}

// scannedView is what whoever scans a code learns.
type scannedView struct {
	Rows  []page.Row
	State licence.State
	Good  bool
	Type  string
}

// scanned is /s/{code}, without sign-in: the chosen fields, who issued it, and how it stands.
func (f *Face) scanned(w http.ResponseWriter, r *http.Request) error {
	if err := f.scans.Take(f.cfg.Client(r)); err != nil {
		return err
	}
	ctx := r.Context()
	o, fields, err := f.cfg.Wallet.Scanned(ctx, r.PathValue("code"))
	if err != nil {
		return err
	}
	l := o.Record
	v := scannedView{State: o.Life.State, Type: l.TypeName, Good: o.Life.Stands() == nil && l.ValidOn(f.cfg.Wallet.Today()) == nil}
	add := func(key, value string) { v.Rows = append(v.Rows, page.Row{Key: page.T(ctx, key), Value: value}) }
	add("register.state_head", page.T(ctx, "register.state."+string(o.Life.State)))
	add("wallet.issuer", l.Issuer.Name)
	for _, key := range fields {
		switch key {
		case certify.ShowNo:
			add("register.no", l.No)
		case certify.ShowHolder:
			add("register.holder", l.Holder.Name)
		case certify.ShowCode:
			add("register.holder_code", l.Holder.Code)
		}
	}
	for _, x := range l.Fields {
		v.Rows = append(v.Rows, page.Row{Key: x.Label, Value: x.Value})
	}
	return f.page(w, r, page.T(ctx, "wallet.scanned.title"), "", scannedPage(v))
}
