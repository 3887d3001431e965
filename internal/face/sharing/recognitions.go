package sharing

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"tongban/internal/domain/item"
	"tongban/internal/domain/licence"
	"tongban/internal/domain/office"
	"tongban/internal/domain/sharing"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

// recognitionsPath is where whose licences are taken instead of paper is said.
const recognitionsPath = "/desk/sharing/recognitions"

type recognitionsView struct {
	names
	Own, Others []sharing.Recognised
	Types       []licence.Type
	Items       []item.Item
	Members     []office.NodeID
	Form        licence.Recognition
	From, Until string
	Problem     errs.Code
	Officer     string
	Say         bool
	Confirm     bool
	Withdraw    bool
	Today       workday.Date
}

// recognitions lists what all provinces said, the own first, and the form to say more.
func (f *Face) recognitions(w http.ResponseWriter, r *http.Request, v visit) error {
	return f.recognitionsAgain(w, r, v, http.StatusOK, recognitionsView{From: f.today().String()})
}

func (f *Face) recognitionsAgain(w http.ResponseWriter, r *http.Request, v visit, code int, view recognitionsView) error {
	view.names, view.Today, view.Officer, view.Types = names{v.lang, f}, f.today(), v.by.ID, f.cfg.Ledger.Types
	view.Say = office.Ever(v.by.Roles, office.SayRecognition)
	view.Confirm = office.Ever(v.by.Roles, office.ConfirmRecognition)
	view.Withdraw = office.Ever(v.by.Roles, office.WithdrawRecognition)
	view.Items = f.catalogue().All()
	f.cfg.Ledger.Look(func(b *sharing.Book) {
		view.Own = b.Recognitions(f.me())
		for _, n := range f.cfg.Ledger.Kit.Trust().Nodes {
			if !n.ID.Member() || n.ID == f.me() {
				continue
			}
			view.Members = append(view.Members, n.ID)
			for _, x := range b.Recognitions(n.ID) {
				if x.Binds() && len(view.Others) < mostShown {
					view.Others = append(view.Others, x)
				}
			}
		}
	})
	return f.show(w, r, code, page.T(r.Context(), "sharing.recognition.title"), "/desk/sharing", recognitionsPage(view))
}

// recognise says that licences are taken, from the form.
func (f *Face) recognise(w http.ResponseWriter, r *http.Request, v visit) error {
	form := r.PostForm
	view := recognitionsView{From: strings.TrimSpace(form.Get("from")), Until: strings.TrimSpace(form.Get("until"))}
	view.Form = licence.Recognition{
		Of: office.NodeID(form.Get("of")), Type: form.Get("type"), Item: form.Get("item"), Basis: strings.TrimSpace(form.Get("basis")),
	}
	var err error
	view.Form.From, err = workday.ParseDate(view.From)
	if err == nil && view.Until != "" {
		view.Form.Until, err = workday.ParseDate(view.Until)
	}
	if err == nil {
		_, err = f.cfg.Ledger.Recognise(r.Context(), v.by, view.Form, false)
	}
	if errs.KindOf(err) == errs.Invalid {
		view.Problem = errs.CodeOf(err)
		return f.recognitionsAgain(w, r, v, http.StatusUnprocessableEntity, view)
	}
	if err != nil {
		return err
	}
	return page.SeeOther(w, r, recognitionsPath)
}

// confirmRecognition is the second officer's yes.
func (f *Face) confirmRecognition(w http.ResponseWriter, r *http.Request, v visit) error {
	seq, err := strconv.Atoi(r.PathValue("seq"))
	if err != nil {
		return errs.New(errs.RecognitionUnknown, "%.20q", r.PathValue("seq"))
	}
	if _, err := f.cfg.Ledger.ConfirmRecognition(r.Context(), v.by, seq); err != nil {
		return err
	}
	return page.SeeOther(w, r, recognitionsPath)
}

// withdrawRecognition takes an own statement back from today on.
func (f *Face) withdrawRecognition(w http.ResponseWriter, r *http.Request, v visit) error {
	seq, err := strconv.Atoi(r.PathValue("seq"))
	if err != nil {
		return errs.New(errs.RecognitionUnknown, "%.20q", r.PathValue("seq"))
	}
	var said sharing.Recognised
	ok := false
	f.cfg.Ledger.Look(func(b *sharing.Book) { said, ok = b.Recognition(f.me(), seq) })
	if !ok {
		return errs.New(errs.RecognitionUnknown, "%d", seq)
	}
	back := said.Recognition
	back.From, back.Until, back.Withdraw = f.today(), workday.Date{}, true
	if _, err := f.cfg.Ledger.Recognise(r.Context(), v.by, back, said.Demo); err != nil {
		return err
	}
	return page.SeeOther(w, r, recognitionsPath)
}

func (v recognitionsView) typeName(code string) string {
	if t, err := licence.TypeOf(v.Types, code); err == nil {
		return pick(v.Lang, t.Name, t.NameEn)
	}
	return code
}

// standing is how a statement stands on the day of the page.
func (v recognitionsView) standing(ctx context.Context, x sharing.Recognised) string {
	key := "force"
	switch {
	case !x.Binds():
		key = "waits"
	case x.Withdraw:
		key = "withdrawn"
	case x.From.After(v.Today):
		key = "later"
	case !x.Takes(v.Today):
		key = "over"
	}
	return page.T(ctx, "sharing.recognition.standing."+key)
}

func (v recognitionsView) table(ctx context.Context, list []sharing.Recognised, own bool) page.TableParams {
	t := page.TableParams{Head: head(ctx, "owner", "licence", "of", "item", "from", "until", "basis", "standing")}
	if own {
		t.Head = append(t.Head, page.Cell{Text: page.T(ctx, "sharing.recognition.do")})
	}
	for _, x := range list {
		of, matter, until := page.T(ctx, "sharing.recognition.all_places"), page.T(ctx, "sharing.recognition.all_items"), page.T(ctx, "sharing.recognition.no_end")
		if x.Of != "" {
			of = v.node(x.Of)
		}
		if x.Item != "" {
			matter = v.item(x.Item)
		}
		if !x.Until.IsZero() {
			until = x.Until.String()
		}
		basis := x.Basis
		if x.Demo {
			basis += page.T(ctx, "sharing.recognition.demo")
		}
		row := texts(v.node(x.By), v.typeName(x.Type), of, matter, x.From.String(), until, basis, v.standing(ctx, x))
		if own {
			row = append(row, page.Cell{Content: recognitionActs(v, x)})
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// choices of the form's lists, each with one for all in front.
func (v recognitionsView) places(ctx context.Context) []page.Choice {
	out := []page.Choice{{Value: "", Text: page.T(ctx, "sharing.recognition.all_places")}}
	for _, id := range v.Members {
		out = append(out, page.Choice{Value: string(id), Text: v.node(id)})
	}
	return out
}

func (v recognitionsView) matters(ctx context.Context) []page.Choice {
	out := []page.Choice{{Value: "", Text: page.T(ctx, "sharing.recognition.all_items")}}
	for _, it := range v.Items {
		out = append(out, page.Choice{Value: it.Code, Text: pick(v.Lang, it.Name, it.NameEn)})
	}
	return out
}

func (v recognitionsView) kinds() []page.Choice {
	var out []page.Choice
	for _, t := range v.Types {
		out = append(out, page.Choice{Value: t.Code, Text: pick(v.Lang, t.Name, t.NameEn)})
	}
	return out
}

func seqPath(x sharing.Recognised, do string) templ.SafeURL {
	return templ.SafeURL(recognitionsPath + "/" + strconv.Itoa(x.Seq) + "/" + do)
}

// about tells two buttons of one table apart for who hears them.
func about(ctx context.Context, v recognitionsView, x sharing.Recognised, do string) templ.Attributes {
	return templ.Attributes{"aria-label": page.T(ctx, "sharing.recognition."+do) + " " + v.typeName(x.Type) + " " + x.Name()}
}
