package sharing

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/challenge"
	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/domain/party"
	"tongban/internal/domain/question"
	"tongban/internal/domain/retention"
	"tongban/internal/domain/sharing"
	"tongban/internal/handling/erase"
	"tongban/internal/handling/object"
	"tongban/internal/handling/share"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

// CaseStore is what these pages read. What was not there is errs.Missing. Commit is durable when it returns.
type CaseStore interface {
	Case(ctx context.Context, id string) (casefile.Case, error)
	ShareConsents(ctx context.Context, caseID string) ([]unit.ShareConsent, error)
	FoundOf(ctx context.Context, caseID string) ([]unit.Found, error)
	DeletedOf(ctx context.Context, caseID string) ([]unit.Erased, error)
	Challenges(ctx context.Context, caseID string) ([]challenge.Challenge, error)
	Commit(ctx context.Context, u unit.Unit) error
}

// CaseConfig is what the pages about data for a case need: the applicant's, on which they ask that data be used instead of paper,
// and the officer's, on which the data is asked for.
type CaseConfig struct {
	Gate     page.Gate
	Consent  page.Consenter
	Own      func(ctx context.Context, who party.Person, no string) (casefile.Case, error)
	Store    CaseStore
	Ledger   *share.Ledger
	Standing *share.Coordinator
	Asker    *share.Asker
	Eraser   *erase.Eraser
	Objects  *object.Desk
	Officers func(subject string) (by casefile.Actor, officeName string, ok bool)
	Frame    func(r *http.Request) page.Frame // of the entrance
	Desk     func(r *http.Request) page.Frame
}

// Cases is these pages of one node. Safe for concurrent use.
type Cases struct{ cfg CaseConfig }

// NewCases makes the pages.
func NewCases(cfg CaseConfig) *Cases { return &Cases{cfg} }

// consentText is the version of the words under which somebody agrees; a change of the wording gets a new one.
const consentText = "share-consent-1"

// RegisterPublic puts the applicant's pages on the entrance's site.
func (f *Cases) RegisterPublic(s *page.Site) {
	s.Get("/cases/{no}/data", f.own(f.mine))
	s.Get("/cases/{no}/data/{owner}/{key}", f.own(f.agree))
}

// RegisterDesk puts the officer's pages on the desk's site.
func (f *Cases) RegisterDesk(s *page.Site) {
	s.Get("/desk/cases/{id}/data", f.officer(office.SeeCase, f.desk))
	s.Post("/desk/cases/{id}/data", f.officer(office.AskData, f.ask))
	s.Post("/desk/cases/{id}/data/object", f.officer(office.AskData, f.object))
}

func (f *Cases) own(h func(w http.ResponseWriter, r *http.Request, c casefile.Case) error) page.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		v, ok := f.cfg.Gate.Visitor(r)
		if !ok {
			return f.cfg.Gate.SignIn(w, r, r.URL.RequestURI())
		}
		c, err := f.cfg.Own(r.Context(), v.Person, r.PathValue("no"))
		if err != nil {
			return err
		}
		return h(w, r, c)
	}
}

// officer lets through whom the table allows the act on the case: whose office has a leg here.
func (f *Cases) officer(act office.Act, h func(w http.ResponseWriter, r *http.Request, by casefile.Actor, c casefile.Case) error) page.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		who, ok := f.cfg.Gate.Visitor(r)
		if !ok {
			if r.Method == http.MethodGet || r.Method == http.MethodHead {
				return f.cfg.Gate.SignIn(w, r, r.URL.RequestURI())
			}
			return errs.New(errs.SignInNeeded, "data")
		}
		by, _, ok := f.cfg.Officers(who.Subject)
		if !ok || !office.Ever(by.Roles, act) {
			return errs.New(errs.NotYours, "%s", r.Pattern)
		}
		c, err := f.cfg.Store.Case(r.Context(), r.PathValue("id"))
		if err != nil {
			return err
		}
		m := c.Matter(f.cfg.Ledger.Kit.Now())
		m.Offices = nil
		for _, l := range c.Legs {
			if l.Node == f.cfg.Ledger.Kit.Me {
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
func (f *Cases) look(ctx context.Context, c casefile.Case, who, at, what string) error {
	now := f.cfg.Ledger.Kit.Now().UTC().Truncate(time.Microsecond)
	return f.cfg.Store.Commit(ctx, unit.Unit{At: now, Log: []accesslog.Entry{{Kind: accesslog.View, At: now, Case: c.ID, Who: who, Office: at, What: what}}})
}

// line is one thing that may be asked for.
type line struct {
	share.Offer
	Name   string // of the resource
	From   string // the province
	Fields []named
	Agreed bool
	Object string // page of the owner at which the person can object; "" if none is known
	Print  string // fingerprint of what is agreed to
}

// named is a field with its words and the value that the case holds.
type named struct{ Key, Text, Value string }

type answerLine struct {
	When, Machine, From, Name, Text string
	Rows                            []page.Row
	Kept                            string // until when, and why
	ID, Key                         string // of the question; of the form that objects to it
	Fields                          []page.Choice
}

type dataView struct {
	C       casefile.Case
	Lines   []line
	Found   []answerLine
	Gone    []string // what was deleted, in words
	Said    []saidLine
	Object  bool // an officer's page, on which what came can be objected to
	Problem string
	Not     string // why the way to the provider led to nothing
	Over    bool
}

// asker is who will ask for a case: the node that decides.
func asker(c casefile.Case) office.NodeID {
	l, _ := c.LegOf(item.Decide)
	return l.Node
}

func (f *Cases) view(ctx context.Context, c casefile.Case) (dataView, error) {
	v := dataView{C: c, Over: !c.Closed.IsZero()}
	consents, err := f.cfg.Store.ShareConsents(ctx, c.ID)
	if err != nil {
		return v, err
	}
	agreed := func(r question.Request) bool {
		body, _, err := r.Agreement()
		return err == nil && slices.ContainsFunc(consents, func(k unit.ShareConsent) bool { return string(k.Request) == string(body) })
	}
	for _, o := range f.cfg.Ledger.Offers(c, asker(c)) {
		l := line{Offer: o, From: f.node(ctx, o.Provider), Agreed: agreed(o.Request(c, asker(c), consentText))}
		var source string
		l.Object = f.objectAt(o.Provider)
		l.Name, source = f.resource(ctx, o.Provider, o.Grant.Resource)
		for _, name := range o.Fields {
			l.Fields = append(l.Fields, f.named(ctx, c, source, name))
		}
		if _, a, err := o.Request(c, asker(c), consentText).Agreement(); err == nil {
			l.Print = a.Fingerprint()
		}
		v.Lines = append(v.Lines, l)
	}
	return v, f.received(ctx, c, &v)
}

// received adds what other provinces told, until when it is kept, and what of it is deleted.
func (f *Cases) received(ctx context.Context, c casefile.Case, v *dataView) error {
	found, err := f.cfg.Store.FoundOf(ctx, c.ID)
	if err != nil {
		return err
	}
	terms, err := f.cfg.Eraser.Terms(ctx, c, found)
	if err != nil {
		return err
	}
	for i, x := range found {
		l := f.answer(ctx, c, x)
		l.Kept, l.ID, l.Key = keptWords(ctx, terms[i]), x.ID, unit.NewID()
		v.Found = append(v.Found, l)
	}
	said, err := f.cfg.Store.Challenges(ctx, c.ID)
	if err != nil {
		return err
	}
	for _, o := range said {
		name, _ := f.resource(ctx, o.Owner, o.Told.Resource)
		v.Said = append(v.Said, saidLine{f.node(ctx, o.Owner) + " " + name + " " + fieldWord(ctx, o.Field), stateWords(ctx, o)})
	}
	gone, err := f.cfg.Store.DeletedOf(ctx, c.ID)
	if err != nil {
		return err
	}
	for _, x := range gone {
		var r retention.Receipt
		if err := x.Receipt.Into(&r); err != nil {
			return err
		}
		for _, g := range r.Gone {
			if g.ID == x.ID {
				name, _ := f.resource(ctx, r.To, g.Resource)
				v.Gone = append(v.Gone, page.T(ctx, "sharing.data.gone", f.node(ctx, r.To), name, workday.DateOf(x.At).String()))
			}
		}
	}
	return nil
}

// keptWords says until when an answer is kept, and why.
func keptWords(ctx context.Context, t retention.Term) string {
	key := "sharing.data.kept." + string(t.Why)
	if t.Until.IsZero() {
		return page.T(ctx, key)
	}
	return page.T(ctx, key, t.Until.String())
}

func (f *Cases) node(ctx context.Context, id office.NodeID) string {
	if n, ok := f.cfg.Ledger.Kit.Trust().Node(id); ok {
		return pick(page.PrefsOf(ctx).Lang, n.Name, n.NameEn)
	}
	return string(id)
}

func (f *Cases) resource(ctx context.Context, owner office.NodeID, key string) (name, source string) {
	name = key
	f.cfg.Ledger.Look(func(b *sharing.Book) {
		if r, ok := b.Resource(owner, key); ok {
			name, source = pick(page.PrefsOf(ctx).Lang, r.Name, r.NameEn), r.Source
		}
	})
	return name, source
}

// named gives a field the words of the case's form, and the value that the form holds.
func (f *Cases) named(ctx context.Context, c casefile.Case, source, name string) named {
	out := named{Key: name, Text: fieldWord(ctx, name)}
	v, err := f.cfg.Ledger.Kit.Catalogue.Pinned(c.Rule.Digest, c.Rule.Pins)
	if err != nil {
		return out
	}
	for _, fd := range v.Form.Fields {
		if fd.Source == item.FromEvidence && fd.From == source+"."+name {
			out.Text, out.Value = pick(page.PrefsOf(ctx).Lang, fd.Label, fd.LabelEn), c.Private.Answers[fd.Key]
			break
		}
	}
	if out.Value == "" && source == "idcard" {
		out.Value = map[string]string{"name": c.Private.Applicant.Name, "number": c.Private.Applicant.IDNo}[name]
	}
	return out
}

// answer puts what came into words.
func (f *Cases) answer(ctx context.Context, c casefile.Case, x unit.Found) answerLine {
	name, source := f.resource(ctx, x.Provider, x.Resource)
	l := answerLine{When: x.At.In(zone).Format("2006-01-02 15:04"), Machine: x.At.UTC().Format(time.RFC3339), From: f.node(ctx, x.Provider), Name: name}
	var a question.Answer
	if err := x.Answer.Into(&a); err != nil {
		return l
	}
	if a.Refused != 0 {
		l.Text = errs.Code(a.Refused).Text(page.PrefsOf(ctx).Lang).What
		return l
	}
	row := func(key, value string) {
		l.Rows = append(l.Rows, page.Row{Key: f.named(ctx, c, source, key).Text, Value: value, Source: l.From, At: a.AsOf.In(zone).Format("2006-01-02 15:04")})
	}
	var q question.Query
	if x.Query.Into(&q) == nil {
		l.Fields = fieldChoices(ctx, q.Asked())
	}
	for _, key := range sortedKeys(a.Values) {
		row(key, a.Values[key])
	}
	for _, key := range sortedKeys(a.Checks) {
		said := "sharing.data.differs"
		if a.Checks[key] {
			said = "sharing.data.same"
		}
		row(key, page.T(ctx, said))
	}
	return l
}

// mine is the applicant's page: what may be asked for instead of paper, what was, and their choice.
func (f *Cases) mine(w http.ResponseWriter, r *http.Request, c casefile.Case) error {
	return f.showMine(w, r, c, http.StatusOK)
}

func (f *Cases) showMine(w http.ResponseWriter, r *http.Request, c casefile.Case, code int) error {
	ctx := r.Context()
	v, err := f.view(ctx, c)
	if err != nil {
		return err
	}
	if not := page.WhyNot(r); not != 0 {
		v.Not = not.Text(page.PrefsOf(ctx).Lang).What
	}
	if err := f.look(ctx, c, c.Visitor(), "", "entrance.data"); err != nil {
		return err
	}
	return show(w, r, code, f.cfg.Frame(r), page.T(ctx, "sharing.data.title"), "/cases/"+string(c.No), minePage(v))
}

// agree leads to the identity provider, and keeps what the applicant brings back. It changes nothing that they have not just agreed to
// there.
func (f *Cases) agree(w http.ResponseWriter, r *http.Request, c casefile.Case) error {
	back := "/cases/" + string(c.No) + "/data"
	if page.WhyNot(r) != 0 {
		return page.SeeOther(w, r, page.Unanswered(back, errs.New(page.WhyNot(r), "sharing")))
	}
	for _, o := range f.cfg.Ledger.Offers(c, asker(c)) {
		if string(o.Provider) != r.PathValue("owner") || o.Grant.Resource != r.PathValue("key") || !c.Closed.IsZero() {
			continue
		}
		req := o.Request(c, asker(c), consentText)
		_, what, err := req.Agreement()
		if err != nil {
			return err
		}
		signed, ok := f.cfg.Consent.Agreed(w, r, what)
		if !ok {
			err := f.cfg.Consent.Agree(w, r, what, question.Level, r.URL.RequestURI())
			if errs.Is(err, errs.ProviderDown) {
				return errs.Wrap(errs.CannotSignNow, err, "sharing")
			}
			return err
		}
		if err := f.cfg.Standing.Consent(r.Context(), c, req, signed); err != nil {
			return err
		}
		return page.SeeOther(w, r, back)
	}
	return errs.New(errs.NoAgreement, "%.8q %.40q", r.PathValue("owner"), r.PathValue("key"))
}

// desk is the officer's page: what may be asked, and what was answered.
func (f *Cases) desk(w http.ResponseWriter, r *http.Request, by casefile.Actor, c casefile.Case) error {
	return f.showDesk(w, r, by, c, "")
}

func (f *Cases) showDesk(w http.ResponseWriter, r *http.Request, by casefile.Actor, c casefile.Case, problem string) error {
	ctx := r.Context()
	v, err := f.view(ctx, c)
	if err != nil {
		return err
	}
	if err := f.look(ctx, c, by.ID, by.Office, "desk.data"); err != nil {
		return err
	}
	code := http.StatusOK
	v.Object = office.Ever(by.Roles, office.AskData)
	if v.Problem = problem; problem != "" {
		code = http.StatusUnprocessableEntity
	}
	return show(w, r, code, f.cfg.Desk(r), page.T(ctx, "sharing.data.desk_title", string(c.No)), "/desk/cases/"+c.ID, deskPage(v))
}

// ask puts the question; a refusal is shown with what to do instead.
func (f *Cases) ask(w http.ResponseWriter, r *http.Request, by casefile.Actor, c casefile.Case) error {
	want := share.Want{Provider: office.NodeID(r.PostForm.Get("provider")), Resource: r.PostForm.Get("resource"), Fields: r.PostForm["fields"], Checks: map[string]string{}}
	for _, key := range r.PostForm["checks"] {
		if value := strings.TrimSpace(r.PostForm.Get("value-" + key)); value != "" {
			want.Checks[key] = value
		}
	}
	_, err := f.cfg.Asker.Ask(r.Context(), by, c.ID, want)
	if code := errs.CodeOf(err); err != nil && code >= errs.NoAgreement && code <= errs.TableRefused {
		text := code.Text(page.PrefsOf(r.Context()).Lang)
		return f.showDesk(w, r, by, c, text.What+"。"+text.Next)
	}
	if err != nil {
		return err
	}
	return page.SeeOther(w, r, "/desk/cases/"+c.ID+"/data")
}

// object takes an officer's objection to what came.
func (f *Cases) object(w http.ResponseWriter, r *http.Request, by casefile.Actor, c casefile.Case) error {
	err := f.cfg.Objects.Raise(r.Context(), by, c.ID, wishOf(r))
	if correctable(err) {
		text := errs.CodeOf(err).Text(page.PrefsOf(r.Context()).Lang)
		return f.showDesk(w, r, by, c, text.What+"。"+text.Next)
	}
	if err != nil {
		return err
	}
	return page.SeeOther(w, r, "/desk/cases/"+c.ID+"/data")
}

// objectAt is the page of a province at which a person objects to what it told.
func (f *Cases) objectAt(id office.NodeID) string {
	if n, ok := f.cfg.Ledger.Kit.Trust().Node(id); ok && n.Address != "" {
		return strings.TrimSuffix(n.Address, "/") + personPath
	}
	return ""
}

func show(w http.ResponseWriter, r *http.Request, code int, fr page.Frame, title, back string, body templ.Component) error {
	fr.Title, fr.Back, fr.HasError = title, back, code == http.StatusUnprocessableEntity
	return page.Show(w, r, code, fr, body)
}
