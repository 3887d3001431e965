package desk

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/document"
	"tongban/internal/domain/fee"
	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/handling/cashier"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

// feeView is what a case costs at this office.
type feeView struct {
	Charge    fee.Charge
	Quote     fee.Quote
	Questions []item.Question // that the amount turns on, all of them, so that an answer can be corrected
	Take      bool            // the officer may take cash now
	Assess    bool
	Return    bool
	HandBack  []fee.Repayment
	Receipts  []page.Link
	Amount    string // as typed, with what is wrong with it
	Note      string
	Wrong     map[string]string
}

// feeOf fills the fee of a case, if it is taken at the officer's office, and says what waits for it.
func (f *Face) feeOf(r *http.Request, v visit, view *caseView) {
	if f.cfg.Till == nil {
		return
	}
	ch, err := f.cfg.Till.Of(r.Context(), view.C)
	if err != nil || ch.Office != v.by.Office {
		return
	}
	q, err := f.cfg.Till.Quote(view.C, ch.Said)
	if err != nil {
		return
	}
	fv := &feeView{Charge: ch, Quote: q, Questions: feeQuestions(view.Version)}
	m := view.C.Matter(f.cfg.Kit.Now())
	m.Offices = []string{ch.Office}
	takes := v.by.Officer().May(office.TakeFee, m) == nil
	fv.Take = takes && ch.Owing() > 0 && len(q.Open) == 0
	fv.Assess = takes && len(fv.Questions) > 0 && ch.Stopped.IsZero()
	fv.Return = ch.Held() > 0 && v.by.Officer().May(office.ReturnFee, m) == nil
	for _, b := range ch.Back {
		if p, ok := ch.Payment(b.Order); takes && ok && p.Way == fee.ByCash && b.State == fee.Owed {
			fv.HandBack = append(fv.HandBack, b)
		}
	}
	view.Fee = fv
	if d, _ := view.C.LegOf(item.Decide); ch.Before != "" && !ch.Cleared(ch.Before) &&
		(d.State == casefile.Received || d.State == casefile.Accepted) {
		view.Notices = append(view.Notices, page.T(r.Context(), "pay.desk.first"))
	}
}

// feeQuestions are the questions that some line of the tariff turns on.
func feeQuestions(v item.Version) []item.Question {
	var out []item.Question
	for _, q := range v.Questions {
		if slices.ContainsFunc(v.Fee.Items, func(i item.FeeItem) bool {
			keys, err := i.If.Keys()
			return err == nil && slices.Contains(keys, q.Key)
		}) {
			out = append(out, q)
		}
	}
	return out
}

// feeTab is the fee of a case: how it stands, what was paid, and what this officer may do about it.
func (f *Face) feeTab(w http.ResponseWriter, r *http.Request, v visit) error {
	c, err := f.open(r, v, tabFee)
	if err != nil {
		return err
	}
	return f.showFee(w, r, f.view(r, v, c, tabFee))
}

func (f *Face) showFee(w http.ResponseWriter, r *http.Request, view caseView) error {
	ctx := r.Context()
	if view.Fee == nil {
		return errs.New(errs.NoFeeHere, "%s", view.C.No)
	}
	papers, err := f.cfg.Store.Papers(ctx, view.C.ID)
	if err != nil {
		return err
	}
	for _, p := range papers {
		if p.Kind == string(document.Payment) {
			view.Fee.Receipts = append(view.Fee.Receipts, page.Link{Href: "/desk/papers/" + p.ID, Text: page.T(ctx, "pay.receipt_no", p.Number)})
		}
	}
	fr := f.Frame(r)
	fr.Title, fr.Back = page.T(ctx, "desk.case.title", string(view.C.No), page.T(ctx, "pay.desk.tab")), "/desk"
	status := http.StatusOK
	if len(view.Fee.Wrong) > 0 {
		fr.HasError, status = true, http.StatusUnprocessableEntity
	}
	if r.URL.Query().Get("said") != "" {
		fr.Flash = page.T(ctx, "pay.desk.said")
	}
	return page.Show(w, r, status, fr, feePage(view))
}

// feeAct takes cash, settles the amount, or gives money back. The row says which state of the account the officer saw.
func (f *Face) feeAct(w http.ResponseWriter, r *http.Request, v visit) error {
	c, err := f.load(r, v)
	if err != nil {
		return err
	}
	row, err := strconv.ParseInt(r.PostForm.Get("row"), 10, 64)
	if err != nil || f.cfg.Till == nil {
		return errs.New(errs.BadRequest, "row")
	}
	ctx := r.Context()
	switch r.PathValue("what") {
	case "cash":
		_, err = f.cfg.Till.Cash(ctx, v.by, c.ID, row)
	case "assess":
		said := map[string]bool{}
		for _, q := range feeQuestions(f.rule(c)) {
			switch r.PostForm.Get("said." + q.Key) {
			case "yes":
				said[q.Key] = true
			case "no":
				said[q.Key] = false
			}
		}
		_, err = f.cfg.Till.Assess(ctx, v.by, c.ID, row, said)
	case "hand-back":
		_, err = f.cfg.Till.HandBack(ctx, v.by, c.ID, row, r.PostForm.Get("no"))
	case "return":
		return f.feeReturn(w, r, v, c, row)
	default:
		return errs.New(errs.NoSuchPage, "no such act")
	}
	if err != nil {
		return err
	}
	return page.SeeOther(w, r, "/desk/cases/"+c.ID+"/fee?said=1")
}

func (f *Face) feeReturn(w http.ResponseWriter, r *http.Request, v visit, c casefile.Case, row int64) error {
	ctx := r.Context()
	fen, ok := readYuan(r.PostForm.Get("amount"))
	note, problem := plainText(r.PostForm.Get("note"))
	wrong := map[string]string{}
	if !ok {
		wrong["amount"] = page.T(ctx, "pay.desk.no_amount")
	}
	if note == "" || problem != "" {
		wrong["note"] = page.T(ctx, "pay.desk.no_reason")
	}
	if len(wrong) > 0 {
		if err := f.looked(r, v, c, tabFee); err != nil {
			return err
		}
		view := f.view(r, v, c, tabFee)
		if view.Fee != nil {
			view.Fee.Wrong, view.Fee.Amount, view.Fee.Note = wrong, r.PostForm.Get("amount"), r.PostForm.Get("note")
		}
		return f.showFee(w, r, view)
	}
	if _, err := f.cfg.Till.GiveBack(ctx, v.by, c.ID, row, fen, note); err != nil {
		return err
	}
	return page.SeeOther(w, r, "/desk/cases/"+c.ID+"/fee?said=1")
}

// yuanMax is the greatest amount that a form may name, in 元.
const yuanMax = 10_000_000

// readYuan reads an amount in 元 with at most two decimals.
func readYuan(s string) (fen int, ok bool) {
	whole, part, dot := strings.Cut(strings.TrimSpace(s), ".")
	n, err := strconv.Atoi(whole)
	if err != nil || n < 0 || n > yuanMax || dot && (part == "" || len(part) > 2) {
		return 0, false
	}
	cents := 0
	if dot {
		if cents, err = strconv.Atoi((part + "0")[:2]); err != nil || cents < 0 {
			return 0, false
		}
	}
	return n*100 + cents, n*100+cents > 0
}

// feeSheet is 对账: the day's payments beside the bank's statement, and what still has to go back.
func (f *Face) feeSheet(w http.ResponseWriter, r *http.Request, v visit) error {
	if f.cfg.Till == nil {
		return errs.New(errs.NoSuchPage, "no till")
	}
	day := workday.DateOf(f.cfg.Kit.Now())
	if s := r.URL.Query().Get("day"); s != "" {
		d, err := workday.ParseDate(s)
		if err != nil {
			return errs.Wrap(errs.BadRequest, err, "day")
		}
		day = d
	}
	sheet, err := f.cfg.Till.Sheet(r.Context(), v.by.Office, day)
	if err != nil {
		return err
	}
	fr := f.Frame(r)
	fr.Title = page.T(r.Context(), "pay.desk.title", day.String())
	return page.Show(w, r, http.StatusOK, fr, sheetPage(sheet))
}

// sheetRows is the table of a day: the same number on both sides, and whether they agree.
func sheetRows(ctx context.Context, s cashier.Sheet) [][]page.Cell {
	var out [][]page.Cell
	for _, l := range s.Lines {
		ours := page.T(ctx, "pay.desk.nobody")
		if l.Ours != "" {
			ours = page.T(ctx, "pay.history."+string(l.Way), page.Yuan(l.Fen)) + "\u3000" + page.T(ctx, "pay.state."+string(l.Ours))
		}
		theirs := page.T(ctx, "pay.desk.own")
		if l.Theirs != "" {
			theirs = page.T(ctx, "pay.yuan", page.Yuan(l.Told)) + "\u3000" + page.T(ctx, "pay.state."+string(l.Theirs))
		}
		result := page.T(ctx, "pay.desk.agrees")
		if l.Fault != "" {
			result = page.T(ctx, "pay.fault."+l.Fault)
		} else if l.Way == fee.ByCash || l.Theirs == "" {
			result = l.Receipt
		}
		no := page.Text(l.Order)
		if l.Case != "" {
			no = page.Cell{Content: sheetLink("/desk/cases/"+l.Case+"/fee", l.No)}
		}
		out = append(out, []page.Cell{no, page.Text(ours), page.Text(theirs), page.Text(result)})
	}
	return out
}

// feeHistory is every payment and repayment of a charge.
func feeHistory(ctx context.Context, c fee.Charge) []page.Row {
	var out []page.Row
	for _, p := range c.Payments {
		row := page.Row{Key: page.T(ctx, "pay.history."+string(p.Way), page.Yuan(p.Fen)), Value: page.T(ctx, "pay.state."+string(p.State)), Source: p.Order}
		if p.Odd > 0 && p.State != fee.Paid {
			row.Value = page.T(ctx, "pay.state.odd", page.Yuan(p.Odd))
		}
		out = append(out, row)
	}
	for _, b := range c.Back {
		out = append(out, page.Row{
			Key: page.T(ctx, "pay.history.back", page.Yuan(b.Fen)), Value: page.T(ctx, "pay.state."+string(b.State)),
			Source: strings.TrimSpace(page.T(ctx, "pay.why."+b.Why) + " " + b.Note),
		})
	}
	return out
}

func saidValue(c fee.Charge, key string) string {
	yes, known := c.Said[key]
	switch {
	case !known:
		return ""
	case yes:
		return "yes"
	}
	return "no"
}
