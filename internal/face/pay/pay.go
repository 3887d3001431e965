// Package pay is the page on which an applicant pays what a case costs (ux pages.md E-17), and the door at which the bank tells
// what became of it. What the browser brings back from the bank counts for nothing: the page shows what the bank told us.
package pay

import (
	"context"
	"io"
	"net/http"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/document"
	"tongban/internal/domain/fee"
	"tongban/internal/domain/office"
	"tongban/internal/domain/party"
	"tongban/internal/handling/cashier"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/page"
)

// Config is what these pages need.
type Config struct {
	Till *cashier.Cashier
	Kit  *unit.Kit
	Gate page.Gate
	// Own reads a case that is the person's; errs.NoSuchCase for any other. Looked logs the look before the page is shown.
	Own    func(ctx context.Context, who party.Person, no string) (casefile.Case, error)
	Looked func(ctx context.Context, c casefile.Case, what string) error
	Papers func(ctx context.Context, caseID string) ([]unit.Paper, error)
	// Frame is the entrance's frame, so that both look as one.
	Frame     func(r *http.Request) page.Frame
	Entrances map[office.NodeID]string // of the other provinces, for a fee that is taken there
}

// Face is the paying of one node. Safe for concurrent use.
type Face struct{ cfg Config }

// New makes the face.
func New(cfg Config) *Face { return &Face{cfg} }

// noticeMax bounds a bank's notice, in bytes.
const noticeMax = 64 << 10

// Register puts the pages on the entrance's site.
func (f *Face) Register(s *page.Site) {
	s.Get("/cases/{no}/pay", f.guard(f.show))
	s.Post("/cases/{no}/pay", f.guard(f.pay))
	s.Post("/pay/notice", f.notice, page.MaxBody(noticeMax))
}

func (f *Face) guard(h func(w http.ResponseWriter, r *http.Request, c casefile.Case) error) page.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		v, ok := f.cfg.Gate.Visitor(r)
		if !ok {
			return errs.New(errs.SignInNeeded, "paying")
		}
		c, err := f.cfg.Own(r.Context(), v.Person, r.PathValue("no"))
		if err != nil {
			return err
		}
		return h(w, r, c)
	}
}

// view is what the page shows.
type view struct {
	C        casefile.Case
	Matter   string
	Payee    office.Office
	There    string // address of the page at the province that takes the fee, if it is not this one
	Quote    fee.Quote
	Charge   fee.Charge
	Online   bool
	Receipts []receipt
}

type receipt struct{ Href, No string }

// show is E-17: how much, why, to whom, how, and what became of it.
func (f *Face) show(w http.ResponseWriter, r *http.Request, c casefile.Case) error {
	ctx := r.Context()
	v, err := f.view(ctx, c)
	if err != nil {
		return err
	}
	if v.There == "" && v.Charge.Standing() == fee.Waiting { // the bank may have told somebody else, or nobody
		if err := f.cfg.Till.Refresh(ctx, c.ID); err != nil && !errs.Is(err, errs.BankAway) {
			return err
		}
		if v, err = f.view(ctx, c); err != nil {
			return err
		}
	}
	if err := f.cfg.Looked(ctx, c, "pay"); err != nil {
		return err
	}
	fr := f.cfg.Frame(r)
	fr.Title, fr.Back = page.T(ctx, "pay.title"), "/cases/"+string(c.No)
	return page.Show(w, r, http.StatusOK, fr, payPage(v))
}

func (f *Face) view(ctx context.Context, c casefile.Case) (view, error) {
	v := view{C: c, Online: f.cfg.Till.Bank != nil, Matter: c.Item}
	if it, ok := f.cfg.Kit.Catalogue.Item(c.Item); ok {
		v.Matter = pick(ctx, it.Name, it.NameEn)
	}
	var err error
	if v.Payee, err = f.cfg.Till.Payee(c); err != nil {
		return v, err
	}
	if v.Quote, err = f.cfg.Till.Quote(c, c.Private.Said); err != nil {
		return v, err
	}
	if v.Payee.Node != f.cfg.Kit.Me {
		v.There = f.cfg.Entrances[v.Payee.Node] + "/cases/" + string(c.No) + "/pay"
		return v, nil
	}
	if v.Charge, err = f.cfg.Till.Of(ctx, c); err != nil {
		return v, err
	}
	if v.Quote, err = f.cfg.Till.Quote(c, v.Charge.Said); err != nil {
		return v, err
	}
	papers, err := f.cfg.Papers(ctx, c.ID)
	for _, p := range papers {
		if p.Kind == string(document.Payment) {
			v.Receipts = append(v.Receipts, receipt{"/cases/" + string(c.No) + "/papers/" + p.ID, p.Number})
		}
	}
	return v, err
}

// pay leads to the bank. A second press leads to the same order.
func (f *Face) pay(w http.ResponseWriter, r *http.Request, c casefile.Case) error {
	to, err := f.cfg.Till.Pay(r.Context(), c)
	if errs.Is(err, errs.NothingDue) { // paid meanwhile: the page says so
		return page.SeeOther(w, r, "/cases/"+string(c.No)+"/pay")
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// notice is where the bank tells what became of an order. The same notice again is answered the same.
func (f *Face) notice(w http.ResponseWriter, r *http.Request) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	if err := f.cfg.Till.Told(r.Context(), body); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func pick(ctx context.Context, zh, en string) string {
	if page.PrefsOf(ctx).Lang == "en" && en != "" {
		return en
	}
	return zh
}

// history is every payment and repayment, in order.
func history(ctx context.Context, c fee.Charge) []page.Row {
	var out []page.Row
	for _, p := range c.Payments {
		row := page.Row{Key: page.T(ctx, "pay.history."+string(p.Way), page.Yuan(p.Fen)), Value: page.T(ctx, "pay.state."+string(p.State))}
		if p.Receipt != "" {
			row.Source = page.T(ctx, "pay.receipt_no", p.Receipt)
		}
		if p.Odd > 0 && p.State != fee.Paid {
			row.Value = page.T(ctx, "pay.state.odd", page.Yuan(p.Odd))
		}
		out = append(out, row)
	}
	for _, b := range c.Back {
		out = append(out, page.Row{
			Key: page.T(ctx, "pay.history.back", page.Yuan(b.Fen)), Value: page.T(ctx, "pay.state."+string(b.State)),
			Source: page.T(ctx, "pay.why."+b.Why),
		})
	}
	return out
}

// payable reports whether the button stands: something is owed here, and it is clear how much.
func (v view) payable() bool {
	return v.There == "" && v.Online && v.Charge.Owing() > 0 && len(v.Quote.Open) == 0
}

// goWords is the button: the first time, or once more.
func goWords(ctx context.Context, c fee.Charge) string {
	if len(c.Payments) > 0 {
		return page.T(ctx, "pay.again")
	}
	return page.T(ctx, "pay.go")
}
