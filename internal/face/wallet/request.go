package wallet

import (
	"context"
	"net/http"
	"net/url"

	"tongban/internal/domain/presentation"
	"tongban/internal/handling/certify"
	"tongban/internal/kernel/errs"
	"tongban/internal/page"
)

// requestView is who asks for a licence, in which case, for what, and what would do.
type requestView struct {
	Client, URI, Print string
	Rows               []page.Row
	Checked            string // whose signature it bears
	Fits               []page.Choice
	Problem            []page.FieldError
}

// request is where a link of whoever asks leads (OpenID4VP 1.0 §5: client_id and request_uri).
func (f *Face) request(w http.ResponseWriter, r *http.Request) error {
	v, ok := f.cfg.Gate.Visitor(r)
	if !ok {
		return f.cfg.Gate.SignIn(w, r, r.URL.RequestURI())
	}
	q := r.URL.Query()
	return f.showRequest(w, r, v, q.Get("client_id"), q.Get("request_uri"), nil)
}

func (f *Face) showRequest(w http.ResponseWriter, r *http.Request, v page.Visitor, client, uri string, problem []page.FieldError) error {
	ctx := r.Context()
	a, err := f.cfg.Wallet.Asked(ctx, v.Person, client, uri)
	if err != nil {
		return err
	}
	view := requestView{Client: client, URI: uri, Print: a.Print(), Problem: problem}
	place := f.cfg.Name(page.PrefsOf(ctx).Lang, a.By)
	view.Checked = page.T(ctx, "presentation.wallet.checked", place)
	row := func(key, value string) {
		view.Rows = append(view.Rows, page.Row{Key: page.T(ctx, "presentation."+key), Value: value})
	}
	row("by", a.Use.OfficeName)
	row("wallet.place", place)
	row("purpose", a.Use.Purpose)
	row("wallet.item", f.matter(ctx, a.Use.Item))
	row("wallet.case", a.Use.Case)
	row("fields", f.fields(ctx, a.Request))
	row("until", moment(ctx, a.Until))
	for i, o := range a.Fits {
		l := o.Record
		text := page.T(ctx, "presentation.wallet.choice", l.TypeName, l.No, l.Issued)
		if l.Until != "" {
			text = page.T(ctx, "presentation.wallet.choice_until", l.TypeName, l.No, l.Issued, l.Until)
		}
		view.Fits = append(view.Fits, page.Choice{Value: l.ID, Text: text, Checked: len(a.Fits) == 1 && i == 0})
	}
	fr := f.cfg.Frame(r)
	fr.Title, fr.Back, fr.HasError = page.T(ctx, "presentation.wallet.title"), "/wallet", len(problem) > 0
	code := http.StatusOK
	if len(problem) > 0 {
		code = http.StatusUnprocessableEntity
	}
	return page.Show(w, r, code, fr, requestPage(view))
}

// fields are the details that a request asks for, as people call them.
func (f *Face) fields(ctx context.Context, q presentation.Request) string {
	face := f.cfg.Wallet.Issuer.Kit.Catalogue.Face(q.Type)
	var names []string
	for _, c := range q.Claims {
		if label := page.ClaimLabel(ctx, face, c); label != "" {
			names = append(names, label)
		}
	}
	return page.List(ctx, names)
}

func (f *Face) matter(ctx context.Context, code string) string {
	it, ok := f.cfg.Wallet.Issuer.Kit.Catalogue.Item(code)
	if !ok {
		return code
	}
	return pick(page.PrefsOf(ctx).Lang, it.Name, it.NameEn)
}

// decide is the holder's word. What was seen is what is agreed to; a request that changed is shown again.
func (f *Face) decide(w http.ResponseWriter, r *http.Request, v page.Visitor) error {
	ctx, q := r.Context(), r.PostForm
	client, uri, print := q.Get("client_id"), q.Get("request_uri"), q.Get("print")
	if q.Get("do") == "refuse" {
		if err := f.cfg.Wallet.Refuse(ctx, v.Person, client, uri, print); err != nil {
			return err
		}
		return page.SeeOther(w, r, "/wallet?said=refused")
	}
	u, err := f.cfg.Wallet.Agree(ctx, v.Person, client, uri, print, q.Get("licence"))
	if errs.Is(err, errs.LicenceUnchosen) {
		return f.showRequest(w, r, v, client, uri, []page.FieldError{{Field: "licence", Text: page.T(ctx, "presentation.wallet.which_none")}})
	}
	if err != nil {
		return err
	}
	return page.SeeOther(w, r, "/wallet/"+url.PathEscape(u.Licence)+"?said=shown")
}

func useHead(ctx context.Context) []page.Cell {
	var out []page.Cell
	for _, key := range []string{"use_when", "use_who", "use_case", "use_what", "use_state"} {
		out = append(out, page.Text(page.T(ctx, "presentation.wallet."+key)))
	}
	return out
}

// useRow is one showing: when, to whom, for which case and what, and what became of it.
func (f *Face) useRow(ctx context.Context, u certify.Use) []page.Cell {
	use := u.Request.Use
	return []page.Cell{
		page.Text(moment(ctx, u.At)),
		page.Text(use.OfficeName),
		page.Text(page.T(ctx, "presentation.wallet.use_for", f.matter(ctx, use.Item), use.Case, use.Purpose)),
		page.Text(f.fields(ctx, u.Request)),
		page.Text(page.T(ctx, "presentation.use."+string(u.State))),
	}
}
