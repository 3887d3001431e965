// Package register is the 证照登记 pages of the desk: officers of the office that issued a licence find it by an exact form, see what
// was done to it, and suspend, resume, change or end it with a ground of the law (行政许可法 第69、70条); what nothing undoes takes a
// second person. Every page works without script, and every look is in the access log before it is shown.
package register

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/licence"
	"tongban/internal/domain/office"
	"tongban/internal/handling/certify"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

// Config is what the pages need.
type Config struct {
	Gate page.Gate
	// Officers maps a sign-in to the officer that the node's register knows.
	Officers  func(subject string) (by casefile.Actor, ok bool)
	Issuer    *certify.Issuer
	Frame     func(r *http.Request) page.Frame // of the desk
	PublicURL string                           // of the entrance, without a slash at its end
}

// Face is the pages of one node. Safe for concurrent use.
type Face struct{ cfg Config }

// New makes the pages.
func New(cfg Config) *Face { return &Face{cfg} }

// Root is where the pages begin.
const Root = "/desk/licences"

// rights is what each page needs of office.Table; a page that does not stand here is refused to everybody. The licence then has its
// own condition: the officer's office issued it.
var rights = map[string]office.Act{
	"GET " + Root:                        office.SeeLicence,
	"POST " + Root:                       office.SeeLicence,
	"GET " + Root + "/{id}":              office.SeeLicence,
	"GET " + Root + "/{id}/do/{what}":    office.DoLicence,
	"POST " + Root + "/{id}/do/{what}":   office.DoLicence,
	"POST " + Root + "/{id}/wish/{what}": office.DoLicence,
}

// Register puts the pages on the desk's site.
func (f *Face) Register(s *page.Site) {
	s.Get(Root, f.guard(f.home))
	s.Post(Root, f.guard(f.find))
	s.Get(Root+"/{id}", f.guard(f.sheet))
	s.Get(Root+"/{id}/do/{what}", f.guard(f.form))
	s.Post(Root+"/{id}/do/{what}", f.guard(f.act))
	s.Post(Root+"/{id}/wish/{what}", f.guard(f.answer))
}

// guard lets officers through whom the table allows the page; who has no session is sent to sign in.
func (f *Face) guard(h func(w http.ResponseWriter, r *http.Request, by casefile.Actor) error) page.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		who, ok := f.cfg.Gate.Visitor(r)
		if !ok {
			if r.Method == http.MethodGet || r.Method == http.MethodHead {
				return f.cfg.Gate.SignIn(w, r, r.URL.RequestURI())
			}
			return errs.New(errs.SignInNeeded, "licences")
		}
		by, ok := f.cfg.Officers(who.Subject)
		act, known := rights[r.Pattern]
		if !ok || !known || by.ID == "" {
			return errs.New(errs.NotYours, "%s", r.Pattern)
		}
		at := by.Office
		if id := r.PathValue("id"); id != "" {
			parsed, err := licence.ParseIdentifier(id)
			if err != nil {
				return errs.New(errs.NoSuchLicence, "no identifier")
			}
			at = parsed.Issuer
		}
		on := workday.DateOf(f.cfg.Issuer.Kit.Now())
		if err := by.Officer().May(act, office.Matter{Offices: []string{at}, On: on}); err != nil {
			return err
		}
		return h(w, r, by)
	}
}

func (f *Face) show(w http.ResponseWriter, r *http.Request, code int, title, back string, body templ.Component) error {
	fr := f.cfg.Frame(r)
	fr.Title, fr.Back, fr.HasError = title, back, code == http.StatusUnprocessableEntity
	if said := r.URL.Query().Get("done"); said != "" {
		fr.Flash = page.T(r.Context(), "register.flash")
	}
	return page.Show(w, r, code, fr, body)
}

// findView is the search and what it found.
type findView struct {
	Words   string
	Problem string
	Asked   bool
	Found   []licence.Life
}

func (f *Face) home(w http.ResponseWriter, r *http.Request, _ casefile.Actor) error {
	return f.show(w, r, http.StatusOK, page.T(r.Context(), "register.title"), "/desk", findPage(findView{}))
}

// find looks a licence up. The words stay out of the address: they may be a person's number.
func (f *Face) find(w http.ResponseWriter, r *http.Request, by casefile.Actor) error {
	v := findView{Words: strings.TrimSpace(r.PostForm.Get("words")), Asked: true}
	status := http.StatusOK
	if v.Words == "" || len(v.Words) > 200 {
		v.Problem, v.Asked, status = page.T(r.Context(), "register.no_words"), false, http.StatusUnprocessableEntity
	} else {
		var err error
		if v.Found, err = f.cfg.Issuer.Find(r.Context(), by, v.Words); err != nil {
			return err
		}
	}
	return f.show(w, r, status, page.T(r.Context(), "register.title"), "/desk", findPage(v))
}

func (f *Face) sheet(w http.ResponseWriter, r *http.Request, by casefile.Actor) error {
	s, err := f.cfg.Issuer.See(r.Context(), by, r.PathValue("id"))
	if err != nil {
		return err
	}
	return f.show(w, r, http.StatusOK, s.Record.TypeName, Root, sheetPage(s, f.reason, f.cfg.PublicURL+"/v/"+s.Record.ID))
}

// reason is a ground in words.
func (f *Face) reason(lang string, act licence.Act, key string) string {
	for _, x := range f.cfg.Issuer.Reasons {
		if x.Act == act && x.Key == key {
			return pick(lang, x.Name, x.NameEn) + " (" + x.Basis + ")"
		}
	}
	return key
}

// formView is one act before it is done.
type formView struct {
	S       certify.Sheet
	Act     licence.Act
	Reasons []page.Choice
	Reason  string
	Holder  string
	Until   string
	Fields  []licence.Field
	Problem []page.FieldError
}

func (f *Face) form(w http.ResponseWriter, r *http.Request, by casefile.Actor) error {
	v, err := f.open(r, by)
	if err != nil {
		return err
	}
	return f.showForm(w, r, http.StatusOK, v)
}

// open reads the licence of the address and the act; an act that cannot be begun now is errs.LicenceMoveRefused.
func (f *Face) open(r *http.Request, by casefile.Actor) (formView, error) {
	s, err := f.cfg.Issuer.See(r.Context(), by, r.PathValue("id"))
	if err != nil {
		return formView{}, err
	}
	v := formView{S: s, Act: licence.Act(r.PathValue("what")), Holder: s.Record.Holder.Name, Until: s.Record.Until, Fields: s.Record.Fields}
	ok := false
	for _, a := range s.Acts {
		ok = ok || a == v.Act
	}
	if !ok {
		return formView{}, errs.New(errs.LicenceMoveRefused, "%q of %s", v.Act, s.Life.State)
	}
	lang := page.PrefsOf(r.Context()).Lang
	for _, x := range f.cfg.Issuer.Reasons {
		if x.Act == v.Act {
			v.Reasons = append(v.Reasons, page.Choice{Value: x.Key, Text: pick(lang, x.Name, x.NameEn), Hint: x.Basis})
		}
	}
	return v, nil
}

func (f *Face) showForm(w http.ResponseWriter, r *http.Request, code int, v formView) error {
	return f.show(w, r, code, page.T(r.Context(), "register.act."+string(v.Act)), sheetPath(v.S.Record.ID), actPage(v))
}

func sheetPath(id string) string { return Root + "/" + url.PathEscape(id) }

// act does what the form says, or proposes it where a second person is needed.
func (f *Face) act(w http.ResponseWriter, r *http.Request, by casefile.Actor) error {
	ctx, id := r.Context(), r.PathValue("id")
	row, err := strconv.ParseInt(r.PostForm.Get("row"), 10, 64)
	if err != nil || row < 1 {
		return errs.New(errs.BadRequest, "row")
	}
	d := licence.Doing{Act: licence.Act(r.PathValue("what")), Reason: r.PostForm.Get("reason")}
	switch {
	case d.Act == licence.ActChange:
		id, err = f.change(r, by, id, row)
	case d.Act.Second():
		err = f.cfg.Issuer.Propose(ctx, by, id, row, d)
	default:
		_, err = f.cfg.Issuer.Do(ctx, by, id, row, d)
	}
	if err == nil {
		return page.SeeOther(w, r, sheetPath(id)+"?done=1")
	}
	field := map[errs.Code]string{errs.LicenceReason: "reason", errs.NameUnsafe: "holder", errs.LicenceMismatch: "until"}[errs.CodeOf(err)]
	if field == "" {
		return err
	}
	v, oerr := f.open(r, by)
	if oerr != nil {
		return oerr
	}
	v.filled(r)
	said := errs.CodeOf(err).Text(page.PrefsOf(ctx).Lang)
	v.Problem = []page.FieldError{{Field: field, Text: said.What}}
	return f.showForm(w, r, http.StatusUnprocessableEntity, v)
}

// filled takes over what was typed.
func (v *formView) filled(r *http.Request) {
	v.Reason, v.Holder, v.Until = r.PostForm.Get("reason"), r.PostForm.Get("holder"), r.PostForm.Get("until")
	v.Fields = append([]licence.Field(nil), v.Fields...)
	for i, x := range v.Fields {
		v.Fields[i].Value = r.PostForm.Get("f." + x.Key)
	}
}

// change issues the next version with what the form says, and gives its identifier.
func (f *Face) change(r *http.Request, by casefile.Actor, id string, row int64) (string, error) {
	next, err := f.cfg.Issuer.Change(r.Context(), by, id, row, func(l *licence.Licence) {
		l.Holder.Name, l.Until = tidy(r.PostForm.Get("holder")), strings.TrimSpace(r.PostForm.Get("until"))
		for i, x := range l.Fields {
			if r.PostForm.Has("f." + x.Key) {
				l.Fields[i].Value = tidy(r.PostForm.Get("f." + x.Key))
			}
		}
	})
	return next.ID, err
}

// tidy makes a text area's lines end as elsewhere.
func tidy(s string) string { return strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n")) }

// answer confirms or drops what a colleague proposed.
func (f *Face) answer(w http.ResponseWriter, r *http.Request, by casefile.Actor) error {
	ctx, id := r.Context(), r.PathValue("id")
	row, err := strconv.ParseInt(r.PostForm.Get("row"), 10, 64)
	if err != nil || row < 1 {
		return errs.New(errs.BadRequest, "row")
	}
	switch r.PathValue("what") {
	case "confirm":
		_, err = f.cfg.Issuer.Confirm(ctx, by, id, row)
	case "drop":
		err = f.cfg.Issuer.Drop(ctx, by, id, row)
	default:
		return errs.New(errs.NoSuchPage, "no such answer")
	}
	if err != nil {
		return err
	}
	return page.SeeOther(w, r, sheetPath(id)+"?done=1")
}

func pick(lang, zh, en string) string {
	if lang == "en" && en != "" {
		return en
	}
	return zh
}
