package inquiry

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"tongban/internal/domain/assist"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/document"
	"tongban/internal/domain/inquiry"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/idno"
	"tongban/internal/page"
)

type oneView struct {
	Q        inquiry.Inquiry
	Name     string
	Rows     []page.Row
	Answer   []page.Row
	Bad      bool // a signature does not hold
	May      bool // answer
	Back     bool // take back
	Inputs   []input
	Reasons  []page.Choice
	Note     string
	Problem  []page.FieldError
	Reminded string
	Full     bool
}

// input is one field as it is asked for on the page.
type input struct {
	Name, Label, Hint, Value, Error string
	Choices                         []page.Choice // of a yes-no field
}

// one shows an inquiry to the two offices that it is between.
func (f *Face) one(w http.ResponseWriter, r *http.Request, by casefile.Actor) error {
	q, err := f.cfg.Desk.Look(r.Context(), by, r.PathValue("id"))
	if err != nil {
		return err
	}
	return f.showOne(w, r, by, q, oneView{})
}

func (f *Face) showOne(w http.ResponseWriter, r *http.Request, by casefile.Actor, q inquiry.Inquiry, v oneView) error {
	ctx := r.Context()
	kind := f.kind(q)
	v.Q, v.Name, v.Full = q, pick(ctx, kind.Zh, kind.En), r.URL.Query().Get("full") == "1"
	number, why := idno.Mask(q.About.IDNo), "asked of office "+q.Desk
	if v.Full {
		number = q.About.IDNo
	}
	if q.Office == by.Office {
		why = "asked by office " + q.Office
	}
	if err := f.look(ctx, q.Of.ID, by, why); err != nil {
		return err
	}
	row := func(key, value string) {
		if value != "" {
			v.Rows = append(v.Rows, page.Row{Key: page.T(ctx, "inquiry."+key), Value: value})
		}
	}
	row("one.state", page.T(ctx, "inquiry.state."+string(q.State)))
	row("matter", f.matter(ctx, q.Of.Item))
	row("no", string(q.Of.No))
	row("one.person", q.About.Name)
	row("one.number", number)
	row("by", f.office(ctx, q.Office))
	row("of", f.office(ctx, q.Desk))
	row("one.asked", clock(q.At))
	row("due", f.due(ctx, q))
	row("one.words", q.Words)
	row("ask.basis", pick(ctx, kind.BasisZh, kind.BasisEn))
	row("one.why", f.reason(r, q.Why))
	var days []string
	for _, at := range q.Reminded {
		days = append(days, clock(at))
	}
	if len(days) > 0 {
		v.Reminded = page.T(ctx, "inquiry.one.reminded", strings.Join(days, " · "))
	}
	f.fillAnswer(r, kind, &v)
	v.Bad = f.cfg.Desk.Proved(q) != nil
	open := q.State == inquiry.Open
	v.May = open && q.To == f.cfg.Kit.Me && q.Desk == by.Office && office.Ever(by.Roles, office.AnswerInquiry)
	v.Back = open && q.From == f.cfg.Kit.Me && q.Office == by.Office && office.Ever(by.Roles, "inquire")
	if v.May {
		f.fillForm(r, kind, &v)
	}
	code := http.StatusOK
	if len(v.Problem) > 0 {
		code = http.StatusUnprocessableEntity
	}
	return f.show(w, r, code, page.T(ctx, "inquiry.one.title", v.Name), "/desk/inquiries", onePage(v))
}

func (f *Face) fillAnswer(r *http.Request, kind assist.Type, v *oneView) {
	ctx, q := r.Context(), v.Q
	if q.Reply == nil {
		return
	}
	row := func(key, value string) {
		if value != "" {
			v.Answer = append(v.Answer, page.Row{Key: key, Value: value})
		}
	}
	row(page.T(ctx, "inquiry.one.when"), clock(q.Reply.At))
	row(page.T(ctx, "inquiry.one.reason"), f.reason(r, q.Reply.Declined))
	for _, key := range q.Fields {
		one, _ := kind.Field(key)
		value := q.Reply.Values[key]
		if one.Kind == assist.YesNo && value != "" {
			value = page.T(ctx, "inquiry.value."+value)
		}
		row(pick(ctx, one.Zh, one.En), value)
	}
	row(page.T(ctx, "inquiry.one.note_key"), q.Reply.Note)
}

// declines are the shared reasons for which a question is not answered.
var declines = []string{"wrong-office", "no-record", "unreadable", "identity-mismatch"}

func (f *Face) fillForm(r *http.Request, kind assist.Type, v *oneView) {
	ctx := r.Context()
	for _, key := range v.Q.Fields {
		one, _ := kind.Field(key)
		in := input{Name: "v." + key, Label: pick(ctx, one.Zh, one.En), Value: r.PostForm.Get("v." + key)}
		for _, p := range v.Problem {
			if p.Field == in.Name {
				in.Error = p.Text
			}
		}
		if one.Optional {
			in.Label = page.T(ctx, "inquiry.one.optional", in.Label)
		}
		switch one.Kind {
		case assist.YesNo:
			for _, value := range []string{assist.Yes, assist.No, assist.Unknown} {
				in.Choices = append(in.Choices, page.Choice{Value: value, Text: page.T(ctx, "inquiry.value."+value)})
			}
		case assist.Date:
			in.Hint = page.T(ctx, "inquiry.one.date_hint")
		case assist.Number:
			in.Hint = page.T(ctx, "inquiry.one.number_hint")
		case assist.Text:
		}
		v.Inputs = append(v.Inputs, in)
	}
	v.Reasons = []page.Choice{{}}
	for _, key := range declines {
		if reason, ok := f.cfg.Kit.Catalogue.Reason(key); ok {
			v.Reasons = append(v.Reasons, page.Choice{Value: key, Text: pick(ctx, reason.Zh, reason.En)})
		}
	}
}

func (f *Face) reason(r *http.Request, key string) string {
	reason, ok := f.cfg.Kit.Catalogue.Reason(key)
	if !ok {
		return key
	}
	return pick(r.Context(), reason.Zh, reason.En)
}

// act answers, declines or takes back, as the pressed button says.
func (f *Face) act(w http.ResponseWriter, r *http.Request, by casefile.Actor) error {
	ctx, form := r.Context(), r.PostForm
	q, err := f.cfg.Desk.Look(ctx, by, r.PathValue("id"))
	if err != nil {
		return err
	}
	here := "/desk/inquiries/" + q.ID
	if form.Get("do") == "back" {
		if _, err := f.cfg.Desk.Withdraw(ctx, by, q.ID); err != nil {
			return err
		}
		return page.SeeOther(w, r, here+"?said=back")
	}
	reply := inquiry.Reply{Note: form.Get("note"), Values: map[string]string{}}
	v := oneView{Note: form.Get("note")}
	if form.Get("do") == "decline" {
		if reply.Declined = form.Get("reason"); !slices.Contains(declines, reply.Declined) {
			v.Problem = []page.FieldError{{Field: "reason", Text: page.T(ctx, "inquiry.one.reason_none")}}
			return f.showOne(w, r, by, q, v)
		}
	} else {
		kind := f.kind(q)
		for _, key := range q.Fields {
			one, _ := kind.Field(key)
			reply.Values[key] = form.Get("v." + key)
			if _, ok := one.Clean(reply.Values[key]); !ok {
				v.Problem = append(v.Problem, page.FieldError{Field: "v." + key, Text: page.T(ctx, "inquiry.one.gap", pick(ctx, one.Zh, one.En))})
			}
		}
	}
	if len(v.Problem) > 0 {
		return f.showOne(w, r, by, q, v)
	}
	_, err = f.cfg.Desk.Answer(ctx, by, q.ID, row(form.Get("row")), reply)
	if errs.Is(err, errs.InquiryWords) {
		v.Problem = []page.FieldError{{Field: "note", Text: errs.InquiryWords.Text(page.PrefsOf(ctx).Lang).Next}}
		return f.showOne(w, r, by, q, v)
	}
	if err != nil {
		return err
	}
	return page.SeeOther(w, r, here+"?said=done")
}

// letter is the print view of one of the two letters.
func (f *Face) letter(w http.ResponseWriter, r *http.Request, by casefile.Actor) error {
	q, err := f.cfg.Desk.Look(r.Context(), by, r.PathValue("id"))
	if err != nil {
		return err
	}
	signed, of := q.Letter, q.From
	switch r.PathValue("letter") {
	case "letter":
	case "answer":
		signed, of = q.Paper, q.To
	default:
		return errs.New(errs.Missing, "%.40q", r.PathValue("letter"))
	}
	n, err := f.cfg.Kit.Trust().Check(signed, document.Typ)
	if err != nil || n.ID != of {
		return errs.New(errs.Missing, "letter of %s: %v", q.ID, err)
	}
	doc, err := document.Read(signed)
	if err != nil {
		return err
	}
	if err := f.look(r.Context(), q.Of.ID, by, "letter of inquiry"); err != nil {
		return err
	}
	fr := f.cfg.Frame(r)
	fr.Title, fr.Back = doc.Title, "/desk/inquiries/"+q.ID
	view := page.PrintView{Seal: doc.Office, Demo: f.cfg.Demo, Bar: true}
	if of == f.cfg.Kit.Me && f.cfg.PublicURL != "" {
		view.VerifyURL = f.cfg.PublicURL + doc.VerifyPath
	}
	return page.Show(w, r, http.StatusOK, fr, page.Document(doc, view))
}

func row(s string) int64 {
	n, _ := strconv.ParseInt(s, 10, 64) // what is no number is no version
	return n
}
