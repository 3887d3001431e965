// Package present is the pages on which an officer asks an applicant to show a licence, and on which the applicant sees who asks in
// the case and goes to the wallet of the province that issued it (ux pages.md D-07, E-28). Every page works without script.
package present

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/item"
	"tongban/internal/domain/licence"
	"tongban/internal/domain/office"
	"tongban/internal/domain/party"
	"tongban/internal/domain/presentation"
	"tongban/internal/handling/elsewhere"
	"tongban/internal/handling/present"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

// Config is what the pages need.
type Config struct {
	Desk *present.Desk
	Gate page.Gate
	// Officers maps a sign-in to the officer that the node's register knows.
	Officers func(subject string) (by casefile.Actor, officeName string, ok bool)
	Own      func(ctx context.Context, who party.Person, no string) (casefile.Case, error)
	// Held is what a visitor holds, here and at the other provinces; who did not answer is named.
	Held      func(ctx context.Context, v page.Visitor) ([]elsewhere.Licence, []office.NodeID, error)
	Entrances map[office.NodeID]string
	PublicURL string
	Frame     func(r *http.Request) page.Frame // of the entrance
	DeskFrame func(r *http.Request) page.Frame
}

// Face is the pages of one node. Safe for concurrent use.
type Face struct{ cfg Config }

// New makes the pages.
func New(cfg Config) *Face { return &Face{cfg} }

// RegisterPublic puts the applicant's pages on the entrance's site.
func (f *Face) RegisterPublic(s *page.Site) {
	s.Get("/cases/{no}/shown", f.mine)
	s.Get("/present/{id}", f.land)
}

// RegisterDesk puts the officer's pages on the desk's site.
func (f *Face) RegisterDesk(s *page.Site) {
	s.Get("/desk/cases/{id}/ask-licence", f.officer(office.SeeCase, f.ask))
	s.Post("/desk/cases/{id}/ask-licence", f.officer(office.AskLicence, f.send))
}

func (f *Face) officer(act office.Act, h func(w http.ResponseWriter, r *http.Request, by casefile.Actor, c casefile.Case) error) page.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		who, ok := f.cfg.Gate.Visitor(r)
		if !ok {
			if r.Method == http.MethodGet || r.Method == http.MethodHead {
				return f.cfg.Gate.SignIn(w, r, r.URL.RequestURI())
			}
			return errs.New(errs.SignInNeeded, "licence")
		}
		by, _, ok := f.cfg.Officers(who.Subject)
		if !ok || !office.Ever(by.Roles, act) {
			return errs.New(errs.NotYours, "%s", r.Pattern)
		}
		c, err := f.cfg.Desk.Store.Case(r.Context(), r.PathValue("id"))
		if err != nil {
			return err
		}
		m := c.Matter(f.cfg.Desk.Kit.Now())
		m.Offices = nil
		for _, l := range c.Legs {
			if l.Node == f.cfg.Desk.Kit.Me {
				m.Offices = append(m.Offices, l.Office)
			}
		}
		if err := by.Officer().May(act, m); err != nil {
			return err
		}
		return h(w, r, by, c)
	}
}

// look logs that a page of a case was seen, before it is shown (I5).
func (f *Face) look(ctx context.Context, c casefile.Case, who, at string) error {
	now := f.cfg.Desk.Kit.Now().UTC().Truncate(time.Microsecond)
	return f.cfg.Desk.Store.Commit(ctx, unit.Unit{At: now, Log: []accesslog.Entry{{Kind: accesslog.View, At: now, Case: c.ID, Who: who, Office: at, What: "desk.asked_licence"}}})
}

// request is one request as pages show it.
type request struct {
	ID       string
	State    string // open, over, taken, refused
	Rows     []page.Row
	Values   []page.Row // what was shown
	Address  string     // for the applicant, while it is open
	Licences []licenceLine
	Wallets  []page.Link
}

type licenceLine struct{ Name, Place string }

func (f *Face) face(a present.Asked) []item.ResultField {
	return f.cfg.Desk.Kit.Catalogue.Face(a.Request.Type)
}

func (f *Face) typeName(ctx context.Context, code string) string {
	t, err := licence.TypeOf(f.cfg.Desk.Types, code)
	if err != nil {
		return code
	}
	return pick(ctx, t.Name, t.NameEn)
}

func (f *Face) node(ctx context.Context, id office.NodeID) string {
	n, ok := f.cfg.Desk.Kit.Trust().Node(id)
	if !ok {
		return string(id)
	}
	return pick(ctx, n.Name, n.NameEn)
}

func clock(at time.Time) string { return at.In(workday.Zone).Format("2006-01-02 15:04") }

// shown is a request with what came of it. Values of fields are for the office only.
func (f *Face) shown(ctx context.Context, a present.Asked, values bool) request {
	face := f.face(a)
	v := request{ID: a.Request.ID, State: string(a.State)}
	if a.Over {
		v.State = "over"
	}
	var names []string
	for _, c := range a.Request.Claims {
		if label := page.ClaimLabel(ctx, face, c); label != "" {
			names = append(names, label)
		}
	}
	row := func(key, value string) page.Row { return page.Row{Key: page.T(ctx, "presentation."+key), Value: value} }
	v.Rows = []page.Row{
		row("kind", f.typeName(ctx, a.Request.Type)), row("by", a.Request.Use.OfficeName), row("purpose", a.Request.Use.Purpose),
		row("fields", page.List(ctx, names)), row("asked_at", clock(a.Request.At)),
	}
	if v.State == "open" {
		v.Rows = append(v.Rows, row("until", clock(a.Request.Until)))
		v.Address = f.cfg.PublicURL + "/present/" + v.ID
	}
	if s := a.Shown; s != nil {
		v.Rows = append(v.Rows, row("shown_at", clock(s.At)), row("issuer", s.Issuer))
		if values {
			for _, c := range a.Request.Claims {
				if label := page.ClaimLabel(ctx, face, c); label != "" {
					v.Values = append(v.Values, page.Row{Key: label, Value: s.Values[c]})
				}
			}
			known := page.T(ctx, "presentation.known", clock(s.Known))
			if s.Late {
				known = page.T(ctx, "presentation.late", clock(s.Known))
			}
			v.Values = append(v.Values, page.Row{Key: page.T(ctx, "register.id"), Value: s.Licence}, row("standing", known))
		}
	}
	return v
}

func pick(ctx context.Context, zh, en string) string {
	if page.PrefsOf(ctx).Lang == "en" && en != "" {
		return en
	}
	return zh
}

// mineView is what offices ask the applicant to show in a case.
type mineView struct {
	No       string
	Requests []request
	Missing  string // provinces that did not answer
	Ended    bool
}

// mine shows the applicant who asks in the case, which licences would do, and the way to each wallet.
func (f *Face) mine(w http.ResponseWriter, r *http.Request) error {
	who, ok := f.cfg.Gate.Visitor(r)
	if !ok {
		return f.cfg.Gate.SignIn(w, r, r.URL.RequestURI())
	}
	ctx := r.Context()
	c, err := f.cfg.Own(ctx, who.Person, r.PathValue("no"))
	if err != nil {
		return err
	}
	list, err := f.cfg.Desk.Of(ctx, c.ID)
	if err != nil {
		return err
	}
	v := mineView{No: string(c.No)}
	var held []elsewhere.Licence
	asked := false
	for _, a := range list {
		one := f.shown(ctx, a, false)
		if one.State == "open" {
			if !asked { // nobody is asked what somebody holds unless it is of use
				asked = true
				var missing []office.NodeID
				if held, missing, err = f.cfg.Held(ctx, who); err != nil && !errs.Is(err, errs.RoamEnded) {
					return err
				}
				v.Ended = err != nil
				var names []string
				for _, id := range missing {
					names = append(names, f.node(ctx, id))
				}
				v.Missing = page.List(ctx, names)
			}
			f.offer(ctx, &one, a, held)
		}
		v.Requests = append(v.Requests, one)
	}
	if err := f.look(ctx, c, c.Visitor(), ""); err != nil {
		return err
	}
	fr := f.cfg.Frame(r)
	fr.Title, fr.Back = page.T(ctx, "presentation.title"), "/cases/"+string(c.No)
	return page.Show(w, r, http.StatusOK, fr, minePage(v))
}

// offer lists the licences that would do, and the wallets that have them.
func (f *Face) offer(ctx context.Context, one *request, a present.Asked, held []elsewhere.Licence) {
	me, ok := f.cfg.Desk.Kit.Trust().Node(f.cfg.Desk.Kit.Me)
	if !ok {
		return
	}
	q := url.Values{"client_id": {presentation.ClientID(me.ID)}, "request_uri": {presentation.RequestURI(me, a.Request.ID)}}
	seen := map[office.NodeID]bool{}
	for _, l := range held {
		id, err := licence.ParseIdentifier(l.ID)
		site := f.cfg.Entrances[l.Node]
		if l.Node == me.ID {
			site = f.cfg.PublicURL
		}
		if err != nil || id.TypeCode != a.Request.Type || licence.State(l.State) != licence.InForce || site == "" {
			continue
		}
		one.Licences = append(one.Licences, licenceLine{l.Type + " " + l.No, f.node(ctx, l.Node)})
		if !seen[l.Node] {
			seen[l.Node] = true
			one.Wallets = append(one.Wallets, page.Link{Href: site + "/licence-request?" + q.Encode(), Text: page.T(ctx, "presentation.go", f.node(ctx, l.Node))})
		}
	}
}

// land is the address behind the code that a counter shows: the applicant goes on to the case, for everybody else there is nothing.
func (f *Face) land(w http.ResponseWriter, r *http.Request) error {
	who, ok := f.cfg.Gate.Visitor(r)
	if !ok {
		return f.cfg.Gate.SignIn(w, r, r.URL.RequestURI())
	}
	a, err := f.cfg.Desk.Find(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	if _, err := f.cfg.Own(r.Context(), who.Person, a.Request.Use.Case); err != nil {
		return errs.New(errs.NoSuchRequest, "not the visitor's")
	}
	return page.SeeOther(w, r, "/cases/"+a.Request.Use.Case+"/shown")
}

// askView is the officer's page.
type askView struct {
	C        casefile.Case
	May      bool
	Types    []page.Choice
	Fields   []page.Choice
	Purpose  string
	Requests []request
	Problem  []page.FieldError
}

func (f *Face) ask(w http.ResponseWriter, r *http.Request, by casefile.Actor, c casefile.Case) error {
	return f.showAsk(w, r, by, c, askView{})
}

func (f *Face) showAsk(w http.ResponseWriter, r *http.Request, by casefile.Actor, c casefile.Case, v askView) error {
	ctx := r.Context()
	v.C, v.May = c, f.cfg.Desk.May(by, c)
	kind := r.FormValue("type")
	for i, t := range f.cfg.Desk.Types {
		if kind == "" && i == 0 {
			kind = t.Code
		}
		v.Types = append(v.Types, page.Choice{Value: t.Code, Text: pick(ctx, t.Name, t.NameEn), Checked: t.Code == kind})
	}
	face := f.cfg.Desk.Kit.Catalogue.Face(kind)
	chosen := map[string]bool{}
	for _, name := range r.PostForm["field"] {
		chosen[name] = true
	}
	for _, name := range f.cfg.Desk.Fields(kind) {
		v.Fields = append(v.Fields, page.Choice{Value: name, Text: page.ClaimLabel(ctx, face, name), Checked: chosen[name]})
	}
	list, err := f.cfg.Desk.Of(ctx, c.ID)
	if err != nil {
		return err
	}
	for _, a := range list {
		v.Requests = append(v.Requests, f.shown(ctx, a, true))
	}
	if err := f.look(ctx, c, by.ID, by.Office); err != nil {
		return err
	}
	code := http.StatusOK
	if len(v.Problem) > 0 {
		code = http.StatusUnprocessableEntity
	}
	fr := f.cfg.DeskFrame(r)
	fr.Title, fr.Back, fr.HasError = page.T(ctx, "presentation.ask.title"), "/desk/cases/"+c.ID, len(v.Problem) > 0
	if r.URL.Query().Get("said") == "asked" {
		fr.Flash = page.T(ctx, "presentation.ask.done")
	}
	return page.Show(w, r, code, fr, askPage(v))
}

func (f *Face) send(w http.ResponseWriter, r *http.Request, by casefile.Actor, c casefile.Case) error {
	ctx, q := r.Context(), r.PostForm
	_, err := f.cfg.Desk.Ask(ctx, by, c.ID, present.Wish{Type: q.Get("type"), Fields: q["field"], Purpose: q.Get("purpose")})
	for code, field := range map[errs.Code]string{errs.FieldsMissing: "field", errs.PurposeMissing: "purpose", errs.LicenceTypeUnknown: "type"} {
		if errs.Is(err, code) {
			text := code.Text(page.PrefsOf(ctx).Lang).Next
			if field == "field" {
				text = page.T(ctx, "presentation.ask.fields_none")
			}
			return f.showAsk(w, r, by, c, askView{Purpose: q.Get("purpose"), Problem: []page.FieldError{{Field: field, Text: text}}})
		}
	}
	if err != nil {
		return err
	}
	return page.SeeOther(w, r, "/desk/cases/"+c.ID+"/ask-licence?said=asked")
}
