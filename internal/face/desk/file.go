package desk

import (
	"mime"
	"net/http"
	"net/url"
	"strconv"

	"tongban/internal/domain/document"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/licence"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/idno"
	"tongban/internal/page"
	"tongban/internal/page/upload"
)

// fileHref is the address of the n-th attachment of a case, counted over all materials from 0.
func fileHref(caseID string, n int) string {
	return "/desk/cases/" + caseID + "/files/" + strconv.Itoa(n)
}

// filePolicy keeps what an attachment holds from running: no script, no form, no other address, an origin of its own.
const filePolicy = "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; object-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; sandbox"

// file shows an attachment in the browser. Only kinds that intake takes are shown as what they are; anything else, whatever
// another node calls it, is a download of bytes.
func (f *Face) file(w http.ResponseWriter, r *http.Request, v visit) error {
	n, err := strconv.Atoi(r.PathValue("n"))
	if err != nil || n < 0 {
		return errs.New(errs.Missing, "no such attachment")
	}
	c, err := f.load(r, v)
	if err != nil {
		return err
	}
	var files []exchange.File
	for _, m := range c.Private.Materials {
		files = append(files, m.Files...)
	}
	if n >= len(files) {
		return errs.New(errs.Missing, "attachment %d of %d", n, len(files))
	}
	if err := f.looked(r, v, c, "file"); err != nil {
		return err
	}
	file := files[n]
	kind, way := "application/octet-stream", "attachment"
	if upload.Known(file.Type) {
		kind, way = file.Type, "inline"
	}
	h := w.Header()
	h.Set("Content-Security-Policy", filePolicy)
	h.Set("Content-Disposition", mime.FormatMediaType(way, map[string]string{"filename": upload.Name(file.Name, kind)}))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	out := &lazy{w: w, size: file.Size, kind: kind}
	if err := f.cfg.Files.Read(r.Context(), file, out); err != nil {
		if !out.begun {
			h.Del("Content-Disposition")
			return err
		}
		panic(http.ErrAbortHandler) // half a file is out: the browser must not take it for whole
	}
	out.begin()
	return nil
}

// lazy sends the headers of a file with its first bytes, so that an error before can still become a page.
type lazy struct {
	w     http.ResponseWriter
	size  int64
	kind  string
	begun bool
}

func (l *lazy) begin() {
	if l.begun {
		return
	}
	l.begun = true
	l.w.Header().Set("Content-Type", l.kind)
	l.w.Header().Set("Content-Length", strconv.FormatInt(l.size, 10))
	l.w.WriteHeader(http.StatusOK)
}

func (l *lazy) Write(p []byte) (int, error) {
	l.begin()
	return l.w.Write(p)
}

// paper is the print view of a legal document or licence of a case that the officer may see.
func (f *Face) paper(w http.ResponseWriter, r *http.Request, v visit) error {
	p, err := f.cfg.Store.Paper(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	c, err := f.cfg.Store.Case(r.Context(), p.Case)
	if err != nil {
		return err
	}
	if err := f.mayNot(v, c); err != nil {
		return err
	}
	if err := f.looked(r, v, c, "paper"); err != nil {
		return err
	}
	doc, verify, err := f.document(p)
	if err != nil {
		return err
	}
	fr := f.Frame(r)
	fr.Title, fr.Back = doc.Title, "/desk/cases/"+c.ID+"/papers"
	view := page.PrintView{VerifyURL: verify, Seal: f.sealOf(doc), Demo: f.cfg.Demo, Bar: true}
	if f.cfg.RatingCode != nil && doc.Kind == document.Intake && c.Coordinator == f.cfg.Kit.Me {
		view.RateCode = f.cfg.RatingCode(c)
		view.RateURL = f.cfg.PublicURL + "/rate"
	}
	return page.Show(w, r, http.StatusOK, fr, page.Document(doc, view))
}

func (f *Face) sealOf(d document.Doc) string {
	if o, ok := f.cfg.Kit.Office(d.OfficeCode); ok {
		return o.Name
	}
	return d.Office
}

// document opens a paper after its signature was checked, and gives the address that proves it.
func (f *Face) document(p unit.Paper) (document.Doc, string, error) {
	trust := f.cfg.Kit.Trust()
	if p.Kind == licence.Typ {
		l, err := licence.Verify(p.Signed, trust)
		if err != nil {
			return document.Doc{}, "", err
		}
		d, err := f.licence(p, l)
		return d, f.address("/v/" + url.PathEscape(l.ID)), err
	}
	if _, err := trust.Check(p.Signed, document.Typ); err != nil {
		return document.Doc{}, "", err
	}
	d, err := document.Read(p.Signed)
	return d, f.address(d.VerifyPath), err
}

// address is a path as it stands in a QR code; without a public address there is none.
func (f *Face) address(path string) string {
	if f.cfg.PublicURL == "" {
		return ""
	}
	return f.cfg.PublicURL + path
}

// licence is the print of a licence (P-08); the signed record stays the authority.
func (f *Face) licence(p unit.Paper, l licence.Licence) (document.Doc, error) {
	data := document.Data{
		ID: p.ID, CaseNo: l.No, Date: l.Issued, ApplicantName: l.Holder.Name, ApplicantMaskedID: l.Holder.Code,
		LicenceName: l.TypeName, LicenceNo: l.No, LicenceID: l.ID, Validity: l.From, Office: l.Issuer.Name, OfficeCode: l.Issuer.Code,
		ThereOffice: l.Issuer.Name, No: l.No,
	}
	if l.Until != "" {
		data.Validity += " \u2014 " + l.Until
	}
	if l.Holder.CodeType != "001" {
		data.ApplicantMaskedID = idno.Mask(l.Holder.Code)
	}
	for _, field := range l.Fields {
		data.Face = append(data.Face, [2]string{field.Label, field.Value})
	}
	return document.Compose(document.Licence, data)
}
