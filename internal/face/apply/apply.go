// Package apply is the pages on which a resident applies online (ux pages.md E-08 to E-20): one question a page, what was
// found out shown instead of asked, saved at every step, submitted once. Every page works without script; every form answers
// with a redirect, so that back, forward and a second press do no harm.
package apply

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/a-h/templ"

	"tongban/internal/domain/exchange"
	"tongban/internal/domain/item"
	"tongban/internal/domain/journey"
	"tongban/internal/domain/office"
	"tongban/internal/handling/apply"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/region"
	"tongban/internal/page"
)

// Files keeps attachments encrypted. Put leaves nothing behind when its reader fails; after an error of Read what was written
// must be thrown away; Remove of one that is not there is fine.
type Files interface {
	Put(ctx context.Context, r io.Reader) (exchange.File, error)
	Read(ctx context.Context, f exchange.File, w io.Writer) error
	Remove(f exchange.File) error
}

// Config is what these pages need.
type Config struct {
	Desk *apply.Desk
	Kit  *unit.Kit
	Gate page.Gate
	// Consent leads to the identity provider and back before a submit.
	Consent page.Consenter
	Files   Files
	// Frame is the entrance's frame, so that both look as one.
	Frame     func(r *http.Request) page.Frame
	PublicURL string // of the entrance, for the invitation's link; without a slash at its end
	Demo      bool
	MaxFile   int64 // bytes of one file; 0 is 20 MiB
	// Away tells since when a province cannot be reached, as far as is known; nil: all count as there.
	Away func(node office.NodeID) (since time.Time, down bool)
}

// Face is the applying of one node. Safe for concurrent use.
type Face struct{ cfg Config }

// The bounds of one upload: a phone's photograph, and the form around it.
const (
	maxFile  = 20 << 20
	formRoom = 1 << 20
)

// New makes the face.
func New(cfg Config) *Face {
	if cfg.MaxFile == 0 {
		cfg.MaxFile = maxFile
	}
	return &Face{cfg: cfg}
}

// Register puts the pages on the entrance's site.
func (f *Face) Register(s *page.Site) {
	s.Get("/apply/new", f.guard(f.begin))
	s.Post("/apply/new", f.guard(f.start))
	s.Get("/apply/{id}", f.guard(f.resume))
	s.Get("/apply/{id}/tasks", f.with(f.tasks))
	s.Get("/apply/{id}/found", f.with(f.found))
	s.Post("/apply/{id}/found", f.guard(f.foundDone))
	s.Get("/apply/{id}/wrong/{field}", f.with(f.wrong))
	s.Post("/apply/{id}/wrong/{field}", f.guard(f.wrongDone))
	s.Get("/apply/{id}/ask/{key}", f.with(f.ask))
	s.Post("/apply/{id}/ask/{key}", f.guard(f.said))
	s.Get("/apply/{id}/q/{field}", f.with(f.question))
	s.Post("/apply/{id}/q/{field}", f.guard(f.answer))
	s.Get("/apply/{id}/materials", f.with(f.materials))
	s.Post("/apply/{id}/materials", f.guard(f.materialsDone))
	s.Get("/apply/{id}/upload/{material}", f.with(f.upload))
	s.Post("/apply/{id}/upload/{material}", f.guard(f.uploaded), page.Upload(f.cfg.MaxFile*4+formRoom))
	s.Get("/apply/{id}/part/{material}", f.guard(f.have))
	s.Post("/apply/{id}/part/{material}", f.guard(f.piece), page.Upload(apply.PieceSize+1))
	s.Get("/apply/{id}/file/{n}", f.guard(f.file))
	s.Post("/apply/{id}/file/{n}/remove", f.guard(f.unfile))
	s.Get("/apply/{id}/invite", f.with(f.invite))
	s.Post("/apply/{id}/invite", f.guard(f.inviteDone))
	s.Get("/apply/{id}/check", f.with(f.check))
	s.Post("/apply/{id}/check", f.guard(f.submit))
	s.Get("/apply/{id}/sign", f.guard(f.sign))
	s.Get("/apply/{id}/raise", f.guard(f.raise))
	s.Get("/apply/{id}/done", f.guard(f.done))
	s.Get("/apply/{id}/rules", f.guard(f.moved))
	s.Post("/apply/{id}/rules", f.guard(f.adopt))
	s.Get("/apply/{id}/delete", f.guard(f.dropAsk))
	s.Post("/apply/{id}/delete", f.guard(f.drop))
	s.Get("/cases/{no}/mend", f.guard(f.mend))
	s.Post("/cases/{no}/mend", f.guard(f.mended), page.Upload(f.cfg.MaxFile*4+formRoom))
	s.Get("/cases/{no}/renew", f.guard(f.renew))
	s.Post("/cases/{no}/renew", f.guard(f.renewed))
	s.Get("/join/{token}", f.guard(f.join))
	s.Post("/join/{token}", f.guard(f.joined))
	s.Get("/join/{token}/sign", f.guard(f.joinSign))
}

// visit is a request of somebody who signed in.
type visit struct {
	page.Visitor
	lang string
}

// guard lets signed-in people through. Who was signed out meanwhile comes back to the same page; what was typed into a form
// stays on the page that says so.
func (f *Face) guard(h func(w http.ResponseWriter, r *http.Request, v visit) error) page.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		v, ok := f.cfg.Gate.Visitor(r)
		switch {
		case ok:
			return f.settled(w, r, h(w, r, visit{v, page.PrefsOf(r.Context()).Lang}))
		case r.Method == http.MethodPost && r.PostForm != nil:
			return f.expired(w, r)
		case r.Method == http.MethodPost:
			return page.SeeOther(w, r, signIn(r.URL.Path))
		}
		return errs.New(errs.SignInNeeded, "applying")
	}
}

// settled leads on where an error only means that something else comes first.
func (f *Face) settled(w http.ResponseWriter, r *http.Request, err error) error {
	id := r.PathValue("id")
	switch {
	case err == nil || id == "":
		return err
	case errs.Is(err, errs.RulesMoved):
		return page.SeeOther(w, r, "/apply/"+id+"/rules")
	case errs.Is(err, errs.AlreadySubmitted):
		return page.SeeOther(w, r, "/apply/"+id+"/done")
	case errs.Is(err, errs.StepNotDue):
		return page.SeeOther(w, r, "/apply/"+id)
	}
	return err
}

// expired keeps what was typed: it is sent again from this page once the person has signed in beside it.
func (f *Face) expired(w http.ResponseWriter, r *http.Request) error {
	var kept [][2]string
	for name, values := range r.PostForm {
		for _, s := range values {
			kept = append(kept, [2]string{name, s})
		}
	}
	return f.show(w, r, http.StatusUnauthorized, page.T(r.Context(), "apply.expired.title"), "", expiredPage(r.URL.Path, signIn(r.URL.Path), kept))
}

func signIn(back string) string { return "/login?" + url.Values{"back": {back}}.Encode() }

// draft is an opened draft with the rules of today and its way.
type draft struct {
	journey.Draft
	V     item.Version
	Item  item.Item
	Steps []journey.Step
	lang  string
}

func (f *Face) draft(d journey.Draft, lang string) (draft, error) {
	v, moved, err := f.cfg.Desk.Rules(d)
	if err == nil && moved {
		err = errs.New(errs.RulesMoved, "%s", d.Version)
	}
	it, _ := f.cfg.Kit.Catalogue.Item(d.Item)
	return draft{Draft: d, V: v, Item: it, Steps: journey.Steps(d, v), lang: lang}, err
}

// open is the draft of the address, of the visitor, not submitted and under the rules of today.
func (f *Face) open(r *http.Request, v visit) (draft, error) {
	d, err := f.cfg.Desk.Open(r.Context(), v.Person, r.PathValue("id"))
	if err != nil {
		return draft{}, err
	}
	if d.Case != "" {
		return draft{}, errs.New(errs.AlreadySubmitted, "draft %s", d.ID)
	}
	return f.draft(d, v.lang)
}

// with opens the draft, and leads to the next step due when the one of the address is not there or not due yet.
func (f *Face) with(h func(w http.ResponseWriter, r *http.Request, d draft) error) page.Handler {
	return f.guard(func(w http.ResponseWriter, r *http.Request, v visit) error {
		d, err := f.open(r, v)
		if err != nil {
			return err
		}
		if v.Level < d.V.Assurance.Level { // what was answered stays; what was found is shown to who is known surely enough
			return f.showRaise(w, r, d)
		}
		return h(w, r, d)
	})
}

func (d draft) path(s string) string { return "/apply/" + d.ID + "/" + s }

// due sends to the next step unless step may be shown now.
func (d draft) due(step string) error {
	if !journey.Reachable(d.Steps, step) {
		return errs.New(errs.StepNotDue, "%s", step)
	}
	return nil
}

// after is where one goes when a step is done.
func (f *Face) after(d journey.Draft, v visit, step journey.Step) (string, error) {
	x, err := f.draft(d, v.lang)
	if err != nil {
		return "", err
	}
	return x.path(journey.After(x.Steps, step).Path()), nil
}

// back is the link to the step before, or to the list of cases at the first.
func (d draft) back(step string) string {
	if s, ok := journey.Before(d.Steps, step); ok {
		return d.path(s.Path())
	}
	return "/cases"
}

// caption is the small line above a question: which matter, and how far one is. Short ways count their steps; long ones
// have the task list for that.
func (d draft) caption(ctx context.Context, step string) string {
	name := itemName(d.lang, d.Item, d.V)
	for i, s := range d.Steps {
		if s.Path() == step {
			return page.T(ctx, "apply.caption", name, i+1, len(d.Steps))
		}
	}
	return name
}

func itemName(lang string, it item.Item, v item.Version) string {
	if lang == "en" && v.TitleEn != "" {
		return v.TitleEn
	}
	return strings.TrimSpace(it.Name)
}

// show answers with a page.
func (f *Face) show(w http.ResponseWriter, r *http.Request, status int, title, back string, body templ.Component) error {
	fr := f.cfg.Frame(r)
	fr.Title, fr.Back, fr.HasError = title, back, status == http.StatusUnprocessableEntity
	return page.Show(w, r, status, fr, body)
}

func pick(lang, zh, en string) string {
	if lang == "en" && en != "" {
		return en
	}
	return zh
}

// away says what it means that the province that decides cannot be reached now; "" while it can, or decides here.
func (f *Face) away(ctx context.Context, there office.Office) string {
	if f.cfg.Away == nil || there.Node == "" || there.Node == f.cfg.Kit.Me {
		return ""
	}
	since, down := f.cfg.Away(there.Node)
	if !down {
		return ""
	}
	r, _ := f.cfg.Kit.Regions.Lookup(region.Code(string(there.Node) + "0000000000"))
	return page.T(ctx, "public.unreachable.before", pick(page.PrefsOf(ctx).Lang, r.Short, r.En), moment(ctx, since))
}

func (f *Face) now() time.Time { return f.cfg.Kit.Now() }
