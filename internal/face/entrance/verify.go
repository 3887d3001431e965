package entrance

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/document"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/licence"
	"tongban/internal/domain/licence/sdjwt"
	"tongban/internal/domain/office"
	"tongban/internal/domain/party"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

const (
	maxFile  = 256 << 10 // bytes of a signed file
	formRoom = 16 << 10  // bytes for the rest of the form
)

// verdict is what a third party learns: the least that tells whether a paper is genuine and stands.
type verdict struct {
	Valid  bool
	Kind   string // key of entrance.kind
	Title  string
	No     string
	Issuer string
	Date   string // YYYY-MM-DD
	Until  string
	Name   string // masked
	Node   string // whose key signed
	Status string // words
	Why    errs.Text
	Rate   bool // a receipt of this province: its window can be rated
}

// verifyForm is /verify of a province.
func (e *entrance) verifyForm(w http.ResponseWriter, r *http.Request) error {
	if code := clip(r.URL.Query().Get("code")); code != "" {
		norm, ok := normalCode(code)
		if !ok {
			return e.verifyPage(w, r, http.StatusUnprocessableEntity, code, "entrance.verify.bad_code", "")
		}
		return page.SeeOther(w, r, "/v/"+url.PathEscape(norm))
	}
	return e.verifyPage(w, r, http.StatusOK, "", "", "")
}

// hubVerify is /verify of the hub, which has no papers of its own: for a code it leads to the province.
func (b *base) hubVerify(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	code := clip(q.Get("code"))
	if code == "" {
		return b.verifyPage(w, r, http.StatusOK, "", "", "")
	}
	norm, ok := normalCode(code)
	if !ok {
		return b.verifyPage(w, r, http.StatusUnprocessableEntity, code, "entrance.verify.bad_code", "")
	}
	return b.show(w, r, http.StatusOK, page.T(r.Context(), "entrance.verify.title"), func(f *page.Frame) { f.Back = "/verify" },
		whereToVerify(b, norm, b.tiles(r.Context())))
}

// normalCode reads a check code or an identifier of a licence.
func normalCode(s string) (string, bool) {
	if c, ok := document.NormalCheck(s); ok {
		return c, true
	}
	if _, err := licence.ParseIdentifier(s); err == nil {
		return s, true
	}
	return "", false
}

func (b *base) verifyPage(w http.ResponseWriter, r *http.Request, status int, code, codeFault, fileFault string) error {
	ctx := r.Context()
	say := func(key string) string {
		if key == "" {
			return ""
		}
		return page.T(ctx, key)
	}
	var list []page.FieldError
	if codeFault != "" {
		list = append(list, page.FieldError{Field: "code", Text: say(codeFault)})
	}
	if fileFault != "" {
		list = append(list, page.FieldError{Field: "file", Text: say(fileFault)})
	}
	return b.show(w, r, status, page.T(ctx, "entrance.verify.title"), func(f *page.Frame) { f.Back, f.HasError = "/", len(list) > 0 },
		verifyPage(code, say(codeFault), say(fileFault), list))
}

// verifyFile is POST /verify: the file is held against the trust list and kept nowhere.
func (b *base) verifyFile(w http.ResponseWriter, r *http.Request) error {
	if err := b.limit.Take(b.Client(r)); err != nil {
		return err
	}
	file, head, err := r.FormFile("file")
	switch {
	case errors.Is(err, http.ErrMissingFile):
		return b.verifyPage(w, r, http.StatusUnprocessableEntity, "", "", "entrance.verify.no_file")
	case err != nil:
		return errs.Wrap(errs.BadRequest, err, "file")
	case head.Size > maxFile:
		return errs.New(errs.BodyTooLarge, "%d bytes", head.Size)
	}
	defer file.Close() //nolint:errcheck // in memory
	body, err := io.ReadAll(io.LimitReader(file, maxFile))
	if err != nil {
		return errs.Wrap(errs.BadRequest, err, "file")
	}
	v, err := b.judgeFile(r.Context(), body)
	if err != nil {
		return err
	}
	return b.showVerdict(w, r, http.StatusOK, v)
}

func (b *base) showVerdict(w http.ResponseWriter, r *http.Request, status int, v verdict) error {
	title := "entrance.verify.genuine"
	if !v.Valid {
		title = "entrance.verify.not_genuine"
	}
	return b.show(w, r, status, page.T(r.Context(), title), func(f *page.Frame) { f.Back = "/verify" }, verdictPage(v))
}

// judgeFile reads a file as it was downloaded, or a credential. An error is the store's: what is wrong with the file stands in the
// verdict.
func (b *base) judgeFile(ctx context.Context, body []byte) (verdict, error) {
	if text, ok := sdjwt.Text(body); ok {
		return b.judgeCredential(ctx, text)
	}
	f, err := licence.ReadFile(body)
	if err != nil {
		return b.refused(ctx, "", err), nil
	}
	switch f.Kind {
	case licence.FileLicence:
		return b.judgeLicence(ctx, f)
	case licence.FileDocument:
		return b.judgeDocument(ctx, f), nil
	case licence.FileFact:
		return b.judgeFact(ctx, f), nil
	default:
		return b.judgeReceipt(ctx, f), nil
	}
}

func (b *base) refused(ctx context.Context, kind string, err error) verdict {
	return verdict{Kind: kind, Why: errs.CodeOf(err).Text(page.PrefsOf(ctx).Lang)}
}

func (b *base) judgeDocument(ctx context.Context, f licence.File) verdict {
	node, err := b.Trust().Check(f.Signed, document.Typ)
	if err != nil {
		return b.refused(ctx, f.Kind, err)
	}
	d, err := document.Read(f.Signed)
	if err != nil {
		return b.refused(ctx, f.Kind, err)
	}
	if o := b.office(d.OfficeCode); o.Code != "" && o.Node != node.ID || !node.ID.Member() {
		return b.refused(ctx, f.Kind, errs.New(errs.ForeignOffice, "office %s, signed by %s", d.OfficeCode, node.ID))
	}
	return verdict{
		Valid: true, Kind: f.Kind, Title: d.Title, No: d.No, Issuer: d.Office, Date: d.Date, Name: party.MaskName(d.To), Rate: d.Kind == document.Intake && node.ID == b.me,
		Node: b.nodeName(ctx, node.ID), Status: page.T(ctx, "entrance.verify.unchanged"),
	}
}

func (b *base) judgeFact(ctx context.Context, f licence.File) verdict {
	node, err := b.Trust().Check(f.Signed, casefile.TypFact)
	var fact casefile.Fact
	if err == nil {
		err = f.Signed.Into(&fact)
	}
	if err == nil && fact.By != node.ID {
		err = errs.New(errs.ForeignOffice, "fact of %s, signed by %s", fact.By, node.ID)
	}
	if err != nil {
		return b.refused(ctx, f.Kind, err)
	}
	return verdict{
		Valid: true, Kind: f.Kind, Title: word(ctx, "entrance.act.", string(fact.Act)), No: string(fact.No),
		Issuer: officeName(ctx, b.office(fact.Office)), Date: workday.DateOf(fact.At).String(), Node: b.nodeName(ctx, node.ID),
		Status: page.T(ctx, "entrance.verify.unchanged"),
	}
}

func (b *base) judgeReceipt(ctx context.Context, f licence.File) verdict {
	node, err := b.Trust().Check(f.Signed, exchange.TypReceipt)
	var receipt exchange.Receipt
	if err == nil {
		err = f.Signed.Into(&receipt)
	}
	if err == nil && receipt.From != node.ID {
		err = errs.New(errs.ForeignOffice, "receipt of %s, signed by %s", receipt.From, node.ID)
	}
	if err != nil {
		return b.refused(ctx, f.Kind, err)
	}
	return verdict{
		Valid: true, Kind: f.Kind, Title: page.T(ctx, "entrance.kind.receipt"), No: receipt.Envelope,
		Issuer: b.nodeName(ctx, node.ID), Date: workday.DateOf(receipt.At).String(), Node: b.nodeName(ctx, node.ID),
		Status: page.T(ctx, "entrance.verify.unchanged"),
	}
}

// nodeName is a node's name in the trust list.
func (b *base) nodeName(ctx context.Context, id office.NodeID) string {
	n, ok := b.Trust().Node(id)
	switch {
	case !ok:
		return string(id)
	case page.PrefsOf(ctx).Lang == "en":
		return n.NameEn
	}
	return n.Name
}

// verifyCode is /v/{code}: a paper of this province by its check code, or a licence by its identifier.
func (e *entrance) verifyCode(w http.ResponseWriter, r *http.Request) error {
	if err := e.limit.Take(e.Client(r)); err != nil {
		return err
	}
	ctx := r.Context()
	code, ok := normalCode(r.PathValue("code"))
	if !ok {
		return e.notFound(w, r)
	}
	find := e.store.PaperByCheck
	if strings.Contains(code, ".") {
		find = e.store.Licence
	}
	p, err := find(ctx, code)
	if errs.Is(err, errs.Missing) {
		return e.notFound(w, r)
	}
	if err != nil {
		return err
	}
	f, err := licence.NewFile(p.Signed)
	if err != nil {
		return err
	}
	v, err := e.judge(ctx, f)
	if err != nil {
		return err
	}
	if v.Valid && p.Kind != licence.Typ {
		if v.Status, err = e.standing(ctx, p); err != nil {
			return err
		}
	}
	at := e.Now().UTC().Truncate(time.Microsecond)
	if err := e.note(ctx, []accesslog.Entry{{Kind: accesslog.View, At: at, Case: p.Case, Who: "anyone", What: "entrance.verify"}}); err != nil {
		return err
	}
	return e.showVerdict(w, r, http.StatusOK, v)
}

// judge is judgeFile for what this node itself keeps.
func (e *entrance) judge(ctx context.Context, f licence.File) (verdict, error) {
	if f.Kind == licence.FileLicence {
		return e.judgeLicence(ctx, f)
	}
	return e.judgeDocument(ctx, f), nil
}

// standing says whether a newer paper of the same kind took a paper's place, and where the case stands.
func (e *entrance) standing(ctx context.Context, p unit.Paper) (string, error) {
	if p.Kind == string(document.Inquiry) { // a letter between offices stands alone, and the case may be another province's
		return "", nil
	}
	if p.Kind == string(document.Mandate) && e.units != nil {
		m, err := e.units.Shown(ctx, p.ID)
		return page.T(ctx, "org.state."+m.Standing(workday.DateOf(e.Now()))), err
	}
	papers, err := e.store.PaperHeads(ctx, p.Case)
	if err != nil {
		return "", err
	}
	if slices.ContainsFunc(papers, func(o unit.Paper) bool { return o.Kind == p.Kind && o.At.After(p.At) }) {
		return page.T(ctx, "entrance.verify.replaced"), nil
	}
	c, err := e.store.Case(ctx, p.Case)
	if err != nil {
		return "", err
	}
	return page.T(ctx, "entrance.verify.case_is", page.T(ctx, "status."+string(statusOf(c)))), nil
}

func (e *entrance) notFound(w http.ResponseWriter, r *http.Request) error {
	return e.show(w, r, http.StatusNotFound, page.T(r.Context(), "entrance.verify.not_found"), func(f *page.Frame) { f.Back = "/verify" },
		codeNotFound(e.base))
}
