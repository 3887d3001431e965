package entrance

import (
	"net/http"
	"strings"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/document"
	"tongban/internal/domain/licence"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/page"
)

// paper is /cases/{no}/papers/{id}, the print view, and …/{id}.json, the signed object for `tongban verify`.
func (e *entrance) paper(w http.ResponseWriter, r *http.Request) error {
	c, err := e.own(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	id, file := strings.CutSuffix(r.PathValue("id"), ".json")
	p, err := e.store.Paper(ctx, id)
	if errs.Is(err, errs.Missing) || err == nil && p.Case != c.ID {
		return errs.New(errs.NoSuchPaper, "not of this case")
	}
	if err != nil {
		return err
	}
	what := "entrance.paper"
	if file {
		what = "entrance.file"
	}
	if err := e.note(ctx, []accesslog.Entry{e.seen(c, what)}); err != nil {
		return err
	}
	if file {
		return e.download(w, p, string(c.No))
	}
	f := func(f *page.Frame) { f.Back = "/cases/" + string(c.No) }
	if p.Kind == licence.Typ {
		l, err := licence.Verify(p.Signed, e.Trust())
		if err != nil {
			return err
		}
		return e.show(w, r, http.StatusOK, l.TypeName, f, licencePrint(e, l, e.PublicURL+"/v/"+l.ID))
	}
	if _, err := e.Trust().Check(p.Signed, document.Typ); err != nil {
		return err
	}
	d, err := document.Read(p.Signed)
	if err != nil {
		return err
	}
	return e.show(w, r, http.StatusOK, d.Title, f, page.Document(d, page.PrintView{
		VerifyURL: e.PublicURL + d.VerifyPath, Seal: d.Office, Demo: e.Demo, Bar: true,
	}))
}

// download gives the signed object as a file.
func (e *entrance) download(w http.ResponseWriter, p unit.Paper, no string) error {
	f, err := licence.NewFile(p.Signed)
	if err != nil {
		return err
	}
	b, err := f.Bytes()
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Disposition", `attachment; filename="tongban-`+no+"-"+p.Kind+`.json"`)
	_, _ = w.Write(b) // a reader who went away is no error of ours
	return nil
}
