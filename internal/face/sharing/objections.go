package sharing

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/challenge"
	"tongban/internal/domain/office"
	"tongban/internal/domain/party"
	"tongban/internal/handling/object"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

// ObjectionStore is what these pages read. What was not there is errs.Missing. Commit is durable when it returns.
type ObjectionStore interface {
	Challenges(ctx context.Context, caseID string) ([]challenge.Challenge, error)
	ChallengesToDo(ctx context.Context, limit int) ([]challenge.Challenge, error)
	ChallengesBy(ctx context.Context, office string, limit int) ([]challenge.Challenge, error)
	AnsweredAbout(ctx context.Context, who party.Person, limit int) ([]unit.Answered, error)
	AskedAbout(ctx context.Context, asker office.NodeID, id string) (string, error)
	Commit(ctx context.Context, u unit.Unit) error
}

// ObjectionConfig is what the pages of 数据异议 need: the person's, at the province that told; the steward's who answers; and the list of
// the office that had asked.
type ObjectionConfig struct {
	Gate     page.Gate
	Desk     *object.Desk
	Store    ObjectionStore
	Face     *Face // words for nodes, matters and resources
	Officers func(subject string) (by casefile.Actor, officeName string, ok bool)
	Frame    func(r *http.Request) page.Frame // of the entrance
	Office   func(r *http.Request) page.Frame // of the desk
}

// Objections is these pages of one node. Safe for concurrent use.
type Objections struct{ cfg ObjectionConfig }

// NewObjections makes the pages.
func NewObjections(cfg ObjectionConfig) *Objections { return &Objections{cfg} }

const (
	objectionsPath  = "/desk/sharing/objections"
	correctionsPath = "/desk/corrections"
	personPath      = "/objections"
	mostObjections  = 100
	mostForms       = 20 // answers with a form of their own on the person's page
)

// RegisterPublic puts the person's page on the entrance's site.
func (f *Objections) RegisterPublic(s *page.Site) {
	s.Get(personPath, f.person(f.mine))
	s.Post(personPath, f.person(f.say))
}

// RegisterDesk puts the officers' pages on the desk's site.
func (f *Objections) RegisterDesk(s *page.Site) {
	s.Get(objectionsPath, f.officer(office.SeeSharing, f.list))
	s.Get(objectionsPath+"/{id}", f.officer(office.AnswerObjection, f.one))
	s.Post(objectionsPath+"/{id}", f.officer(office.AnswerObjection, f.answer))
	s.Get(correctionsPath, f.officer(office.SeeCorrections, f.corrections))
}

func (f *Objections) person(h func(w http.ResponseWriter, r *http.Request, who party.Person) error) page.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		v, ok := f.cfg.Gate.Visitor(r)
		if !ok && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
			return f.cfg.Gate.SignIn(w, r, personPath)
		}
		if !ok {
			return errs.New(errs.SignInNeeded, "objection")
		}
		return h(w, r, v.Person)
	}
}

func (f *Objections) officer(act office.Act, h func(w http.ResponseWriter, r *http.Request, by casefile.Actor) error) page.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		who, ok := f.cfg.Gate.Visitor(r)
		if !ok && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
			return f.cfg.Gate.SignIn(w, r, r.URL.RequestURI())
		}
		if !ok {
			return errs.New(errs.SignInNeeded, "objection")
		}
		by, _, ok := f.cfg.Officers(who.Subject)
		if !ok || by.ID == "" {
			return errs.New(errs.NotYours, "no officer of this node")
		}
		if err := by.Officer().May(act, office.Matter{On: f.today()}); err != nil {
			return err
		}
		return h(w, r, by)
	}
}

func (f *Objections) now() time.Time { return f.cfg.Desk.Kit.Now().UTC().Truncate(time.Microsecond) }

func (f *Objections) today() workday.Date { return workday.DateOf(f.cfg.Desk.Kit.Now()) }

func (f *Objections) names(ctx context.Context) names {
	return names{page.PrefsOf(ctx).Lang, f.cfg.Face}
}

// toldLine is one answer on the person's page, with what was said against it.
type toldLine struct {
	A        unit.Answered
	When     string
	Machine  string
	Form     bool
	Field    string // as it was chosen on the form that comes back
	Words    string
	Problem  string
	Key      string // of the form
	Said     []saidLine
	Resource string
}

// saidLine is an objection in words.
type saidLine struct{ Field, State string }

type personView struct {
	names
	Lines    []toldLine
	Problem  string
	At       string // the field of the form that is wrong
	Sent     bool
	NoNumber bool
}

// mine is what this province told others about the visitor, and what the visitor said against it.
func (f *Objections) mine(w http.ResponseWriter, r *http.Request, who party.Person) error {
	return f.showMine(w, r, who, object.Wish{}, 0)
}

func (f *Objections) showMine(w http.ResponseWriter, r *http.Request, who party.Person, wish object.Wish, wrong errs.Code) error {
	ctx := r.Context()
	v := personView{names: f.names(ctx), NoNumber: who.IDNo == "", Sent: r.URL.Query().Get("said") == "sent"}
	code := http.StatusOK
	if !v.NoNumber {
		list, err := f.cfg.Store.AnsweredAbout(ctx, who, object.Most)
		if err != nil {
			return err
		}
		at := f.now()
		u := unit.Unit{At: at}
		for i, a := range list {
			l := toldLine{A: a, When: a.At.In(zone).Format("2006-01-02 15:04"), Machine: a.At.UTC().Format(time.RFC3339), Form: i < mostForms && len(a.Fields) > 0, Key: unit.NewID(), Resource: f.resource(v.names, f.cfg.Desk.Kit.Me, a.Resource)}
			if a.ID == wish.Told && wrong != 0 {
				text := wrong.Text(v.Lang)
				code, l.Field, l.Words, l.Problem, l.Key = http.StatusUnprocessableEntity, wish.Field, wish.Words, text.Next, wish.ID
				v.Problem, v.At = text.What, "words-"+strconv.Itoa(i)
			}
			if l.Said, err = f.said(ctx, a.Case, a.ID); err != nil {
				return err
			}
			v.Lines = append(v.Lines, l)
			if e := (accesslog.Entry{Kind: accesslog.View, At: at, Case: a.Case, Who: "applicant", What: "entrance.objections"}); !slices.ContainsFunc(u.Log, func(x accesslog.Entry) bool { return x.Case == e.Case }) {
				u.Log = append(u.Log, e)
			}
		}
		if len(u.Log) > 0 {
			if err := f.cfg.Store.Commit(ctx, u); err != nil {
				return err
			}
		}
	}
	return show(w, r, code, f.cfg.Frame(r), page.T(ctx, "sharing.objection.mine"), "/consent", personPage(v))
}

// resource is the visible name of a resource, or its key.
func (f *Objections) resource(n names, owner office.NodeID, key string) string {
	if r, err := n.f.find(owner, key); err == nil {
		return pick(n.Lang, r.Name, r.NameEn)
	}
	return key
}

// said is what was said against one answer, in words.
func (f *Objections) said(ctx context.Context, caseID, told string) ([]saidLine, error) {
	list, err := f.cfg.Store.Challenges(ctx, caseID)
	if err != nil {
		return nil, err
	}
	var out []saidLine
	for _, o := range list {
		if o.Told.ID == told {
			out = append(out, saidLine{fieldWord(ctx, o.Field), stateWords(ctx, o)})
		}
	}
	return out, nil
}

// stateWords says how an objection stands.
func stateWords(ctx context.Context, o challenge.Challenge) string {
	switch {
	case o.Open() && o.Due.IsZero():
		return page.T(ctx, "sharing.objection.waits", workday.DateOf(o.At).String())
	case o.Open():
		return page.T(ctx, "sharing.objection.waits_until", workday.DateOf(o.At).String(), o.Due.String())
	}
	return page.T(ctx, "sharing.objection.state."+string(o.Answer.Kind), workday.DateOf(o.Answer.At).String(), o.Answer.Text)
}

// say takes the visitor's objection.
func (f *Objections) say(w http.ResponseWriter, r *http.Request, who party.Person) error {
	wish := wishOf(r)
	err := f.cfg.Desk.Say(r.Context(), who, wish)
	if correctable(err) {
		return f.showMine(w, r, who, wish, errs.CodeOf(err))
	}
	if err != nil {
		return err
	}
	return page.SeeOther(w, r, personPath+"?said=sent")
}

func wishOf(r *http.Request) object.Wish {
	return object.Wish{ID: r.PostForm.Get("key"), Told: r.PostForm.Get("told"), Field: r.PostForm.Get("field"), Words: r.PostForm.Get("words")}
}

// correctable are the errors that the same form mends.
func correctable(err error) bool {
	return slices.ContainsFunc([]errs.Code{errs.ObjectionWords, errs.ObjectionOpen, errs.ObjectionAnswer, errs.MessageLong}, func(c errs.Code) bool { return errs.Is(err, c) })
}

// listed is an objection with the name of what it is about.
type listed struct {
	challenge.Challenge
	Resource string
}

func (f *Objections) listed(n names, list []challenge.Challenge) []listed {
	var out []listed
	for _, o := range list {
		out = append(out, listed{o, f.resource(n, o.Owner, o.Told.Resource)})
	}
	return out
}

type listView struct {
	names
	List  []listed
	Today workday.Date
	May   bool // open one
}

// list is what stewards have to answer, the one due first at the top; it names nobody.
func (f *Objections) list(w http.ResponseWriter, r *http.Request, by casefile.Actor) error {
	list, err := f.cfg.Store.ChallengesToDo(r.Context(), mostObjections)
	if err != nil {
		return err
	}
	n := f.names(r.Context())
	v := listView{n, f.listed(n, list), f.today(), office.Ever(by.Roles, office.AnswerObjection)}
	return show(w, r, http.StatusOK, f.cfg.Office(r), page.T(r.Context(), "sharing.objection.list"), "/desk/sharing", objectionsPage(v))
}

// corrections is what the officer's own office held wrong, and what was corrected after it was told; it names nobody.
func (f *Objections) corrections(w http.ResponseWriter, r *http.Request, by casefile.Actor) error {
	list, err := f.cfg.Store.ChallengesBy(r.Context(), by.Office, mostObjections)
	if err != nil {
		return err
	}
	n := f.names(r.Context())
	return show(w, r, http.StatusOK, f.cfg.Office(r), page.T(r.Context(), "sharing.objection.corrections"), "/desk", correctionsPage(listView{names: n, List: f.listed(n, list)}))
}

type oneView struct {
	names
	O       listed
	Number  string // of the person, in full: the steward has to find the record
	Late    bool
	Kind    string
	Text    string
	Problem string
}

// one shows a steward what is held wrong, and whom it is about.
func (f *Objections) one(w http.ResponseWriter, r *http.Request, by casefile.Actor) error {
	return f.showOne(w, r, by, "", 0)
}

func (f *Objections) showOne(w http.ResponseWriter, r *http.Request, by casefile.Actor, text string, wrong errs.Code) error {
	ctx := r.Context()
	o, err := f.cfg.Desk.Mine(ctx, r.PathValue("id"))
	if err != nil {
		return err
	}
	n := f.names(ctx)
	v := oneView{names: n, O: f.listed(n, []challenge.Challenge{o})[0], Late: o.Late(f.today()), Kind: r.PostForm.Get("kind"), Text: text}
	if v.Number, err = f.cfg.Store.AskedAbout(ctx, o.Asker, o.Told.ID); err != nil {
		return err
	}
	at := f.now()
	if err := f.cfg.Store.Commit(ctx, unit.Unit{At: at, Log: []accesslog.Entry{
		{Kind: accesslog.View, At: at, Case: o.Told.Case, Who: by.ID, Office: by.Office, What: "desk.objection", Reason: "objection to what was told"},
	}}); err != nil {
		return err
	}
	code := http.StatusOK
	if wrong != 0 {
		code, v.Problem = http.StatusUnprocessableEntity, wrong.Text(v.Lang).Next
	}
	return show(w, r, code, f.cfg.Office(r), page.T(ctx, "sharing.objection.one"), objectionsPath, objectionPage(v))
}

// answer takes the steward's answer.
func (f *Objections) answer(w http.ResponseWriter, r *http.Request, by casefile.Actor) error {
	row, err := strconv.ParseInt(r.PostForm.Get("row"), 10, 64)
	if err != nil {
		return errs.New(errs.BadRequest, "form without its row")
	}
	a := challenge.Answer{Kind: challenge.Kind(r.PostForm.Get("kind")), Text: r.PostForm.Get("text")}
	err = f.cfg.Desk.Answer(r.Context(), by.Officer(), r.PathValue("id"), row, a)
	if correctable(err) {
		return f.showOne(w, r, by, a.Text, errs.CodeOf(err))
	}
	if err != nil {
		return err
	}
	return page.SeeOther(w, r, objectionsPath)
}

func (v listView) table(ctx context.Context, own bool) page.TableParams {
	title := "sharing.objection.list"
	if own {
		title = "sharing.objection.corrections"
	}
	t := page.TableParams{Caption: page.T(ctx, title), CaptionClass: "govuk-visually-hidden"}
	for _, h := range []string{"resource", "field", "who", "matter", "case", "state"} {
		t.Head = append(t.Head, page.Cell{Text: page.T(ctx, "sharing.objection.head."+h)})
	}
	for _, o := range v.List {
		other, state := o.Asker, stateWords(ctx, o.Challenge)
		if own {
			other = o.Owner
		} else if o.Late(v.Today) {
			state = page.T(ctx, "sharing.objection.late", o.Due.String())
		}
		field := page.Cell{Text: fieldWord(ctx, o.Field)}
		number := page.Cell{Content: page.CaseNumber(o.Told.No)}
		if v.May {
			field = page.Cell{Content: link(objectionsPath+"/"+o.ID, field.Text)}
		}
		if own {
			number = page.Cell{Content: caseLink("/desk/cases/"+o.Told.Case+"/data", o.Told.No)}
		}
		t.Rows = append(t.Rows, []page.Cell{{Text: o.Resource}, field, {Text: v.node(other)}, {Text: v.item(o.Told.Item)}, number, {Text: state}})
	}
	return t
}

func fieldChoices(ctx context.Context, fields []string) []page.Choice {
	var out []page.Choice
	for _, f := range fields {
		out = append(out, page.Choice{Value: f, Text: fieldWord(ctx, f)})
	}
	return out
}

func kindChoices(ctx context.Context) []page.Choice {
	var out []page.Choice
	for _, k := range challenge.Kinds {
		out = append(out, page.Choice{Value: string(k), Text: page.T(ctx, "sharing.objection.kind."+string(k))})
	}
	return out
}

func (v oneView) rows(ctx context.Context) []page.Row {
	who := page.T(ctx, "sharing.objection.by_office", v.node(v.O.Asker))
	if v.O.Person {
		who = page.T(ctx, "sharing.objection.by_person")
	}
	return []page.Row{
		{Key: page.T(ctx, "sharing.objection.head.resource"), Value: v.O.Resource},
		{Key: page.T(ctx, "sharing.objection.head.field"), Value: fieldWord(ctx, v.O.Field)},
		{Key: page.T(ctx, "sharing.objection.number"), Value: v.Number},
		{Key: page.T(ctx, "sharing.objection.said_by"), Value: who},
		{Key: page.T(ctx, "sharing.objection.words"), Value: v.O.Words},
		{Key: page.T(ctx, "sharing.objection.head.matter"), Value: v.item(v.O.Told.Item)},
		{Key: page.T(ctx, "sharing.objection.head.state"), Value: stateWords(ctx, v.O.Challenge)},
	}
}
