package desk

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/item"
	"tongban/internal/handling/decide"
	"tongban/internal/kernel/errs"
	"tongban/internal/page"
)

// maxText bounds what an officer writes in one field, in characters.
const maxText = 2000

// ways of delivery.
var ways = []string{"counter", "post", "online"}

// confirmed are the acts that end in a document which cannot be taken back: what was entered is shown once more first.
var confirmed = []string{actDecide, actDecline, actCorrect, actExtend, actFinish}

// returnReasons are the shared reasons with which a reviewer sends a case back: gaps have their own notice, and the others
// are said by the system itself.
func (f *Face) returnReasons() []item.Reason {
	return slices.DeleteFunc(f.cfg.Kit.Catalogue.Reasons(), func(r item.Reason) bool {
		return slices.Contains([]string{"incomplete", "recalled", "withdrawn", "case-unproven", "no-record", "needless"}, r.Key)
	})
}

// actView is the form of an act.
type actView struct {
	caseView
	Act     string
	Form    url.Values
	Errors  map[string]string
	Order   []string
	Items   []item.Check // points of the correction notice
	Reasons []item.Reason
	Stops   []string // procedures that may stop the clock
	Confirm bool
	Summary []page.Row
}

func (v *actView) fail(id, words string) {
	if v.Errors == nil {
		v.Errors = map[string]string{}
	}
	if _, known := v.Errors[id]; !known {
		v.Errors[id], v.Order = words, append(v.Order, id)
	}
}

func (v actView) errors() []page.FieldError {
	out := make([]page.FieldError, 0, len(v.Order))
	for _, id := range v.Order {
		out = append(out, page.FieldError{Field: id, Text: v.Errors[id]})
	}
	return out
}

// passed are the fields that a confirmation carries on.
func (v actView) passed() [][2]string {
	var out [][2]string
	for name, values := range v.Form {
		if name == "row" || name == "confirm" {
			continue
		}
		for _, s := range values {
			out = append(out, [2]string{name, s})
		}
	}
	slices.SortFunc(out, func(a, b [2]string) int { return strings.Compare(a[0], b[0]) })
	return out
}

// actForm shows the form of an act that is allowed now; otherwise it says why it is not.
func (f *Face) actForm(w http.ResponseWriter, r *http.Request, v visit) error {
	c, err := f.open(r, v, "act")
	if err != nil {
		return err
	}
	act := r.PathValue("act")
	if err := f.probe(r.Context(), c, v.by, act); err != nil {
		return f.refuse(w, r, v, c, err)
	}
	if _, away := f.working(r.Context(), c); away && workedThere(act) {
		return f.refuse(w, r, v, c, errs.New(errs.WorkedElsewhere, "%s", c.No))
	}
	if onChecklist(act) {
		return page.SeeOther(w, r, "/desk/cases/"+c.ID)
	}
	if act == actSupplement {
		return f.showSupplement(w, r, v, c, supplementView{})
	}
	return f.showAct(w, r, v, c, actView{Act: act, Form: url.Values{}})
}

func (f *Face) showAct(w http.ResponseWriter, r *http.Request, v visit, c casefile.Case, view actView) error {
	view.caseView = f.view(r, v, c, "")
	view.Items = amended(c, view.Version)
	view.Reasons = f.returnReasons()
	view.Stops = casefile.ProceduresOf(c, casefile.Law{Version: view.Version})
	fr := f.Frame(r)
	fr.Title, fr.Back = page.T(r.Context(), "desk.act."+view.Act), "/desk/cases/"+c.ID
	fr.HasError = len(view.Order) > 0
	code := http.StatusOK
	if fr.HasError {
		code = http.StatusUnprocessableEntity
	}
	if view.Confirm {
		return page.Show(w, r, code, fr, confirmPage(view))
	}
	return page.Show(w, r, code, fr, actPage(view))
}

// amended are the points of the checklist that the officer marked 要补正, in the list's order.
func amended(c casefile.Case, ver item.Version) []item.Check {
	var out []item.Check
	for _, k := range ver.Checklist {
		if c.Private.Review[k.Key].Finding == casefile.Amend {
			out = append(out, k)
		}
	}
	return out
}

// rowOf is the version of the case that the officer saw. It is never 0, which would mean "whatever is stored".
func rowOf(s string) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n <= 0 {
		return 0, errs.New(errs.BadRequest, "form without the case's version")
	}
	return n, nil
}

func doneKey(officer, caseID, act string, row int64) string {
	return officer + "\n" + caseID + "\n" + act + "\n" + strconv.FormatInt(row, 10)
}

func (f *Face) remember(key string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.done) >= doneMax {
		clear(f.done)
	}
	f.done[key] = true
}

func (f *Face) wasDone(key string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.done[key]
}

// ready is the common course before an act: the case as this officer may see it, the version that was seen, and whether
// the same form came before. done is true when the answer is already out.
func (f *Face) ready(w http.ResponseWriter, r *http.Request, v visit, act, rowText string) (c casefile.Case, key string, done bool, err error) {
	if !slices.Contains(acts, act) {
		return c, "", true, errs.New(errs.NoSuchPage, "no such act")
	}
	if c, err = f.load(r, v); err != nil {
		return c, "", true, err
	}
	row, err := rowOf(rowText)
	if err != nil {
		return c, "", true, err
	}
	if _, there := f.working(r.Context(), c); there && workedThere(act) {
		return c, "", true, f.refuse(w, r, v, c, errs.New(errs.WorkedElsewhere, "%s", c.No))
	}
	key = doneKey(v.by.ID, c.ID, act, row)
	if f.wasDone(key) {
		return c, key, true, page.SeeOther(w, r, "/desk/cases/"+c.ID+"?said=again")
	}
	if err := f.probe(r.Context(), c, v.by, act); err != nil && errs.KindOf(err) == errs.Forbidden {
		return c, key, true, err
	}
	if c.Row != row {
		return c, key, true, f.refuse(w, r, v, c, errs.New(errs.Stale, "%s was read at %d, is at %d", c.No, row, c.Row))
	}
	if err := f.probe(r.Context(), c, v.by, act); err != nil {
		return c, key, true, f.refuse(w, r, v, c, err)
	}
	return c, key, false, nil
}

// act does what a form asks for.
func (f *Face) act(w http.ResponseWriter, r *http.Request, v visit) error {
	act := r.PathValue("act")
	c, key, done, err := f.ready(w, r, v, act, r.PostForm.Get("row"))
	if done || err != nil {
		return err
	}
	view := actView{Act: act, Form: r.PostForm}
	view.caseView = f.view(r, v, c, "")
	do := f.plan(r, v, c, &view)
	if len(view.Order) > 0 {
		if onChecklist(act) {
			return f.reviewAgain(w, r, v, view)
		}
		return f.showAct(w, r, v, c, view)
	}
	if slices.Contains(confirmed, act) && r.PostForm.Get("confirm") != "yes" {
		view.Confirm = true
		return f.showAct(w, r, v, c, view)
	}
	if _, err := do(r.Context()); err != nil {
		return f.refuse(w, r, v, c, err)
	}
	f.remember(key)
	return page.SeeOther(w, r, "/desk/cases/"+c.ID+"?said="+act)
}

// refuse shows a conflict with the case as it is now, so that the officer sees what happened meanwhile. Other errors have
// the site's page.
func (f *Face) refuse(w http.ResponseWriter, r *http.Request, v visit, c casefile.Case, err error) error {
	if errs.KindOf(err) != errs.Conflict {
		return err
	}
	if now, e := f.cfg.Store.Case(r.Context(), c.ID); e == nil {
		c = now
	}
	if e := f.looked(r, v, c, "conflict"); e != nil {
		return e
	}
	said := errs.CodeOf(err).Text(v.lang)
	fr := f.Frame(r)
	fr.Title, fr.Back = said.What, "/desk"
	return page.Show(w, r, http.StatusConflict, fr, conflictPage(f.view(r, v, c, ""), said))
}

// plan reads the form of an act, puts what is wrong with it into the view, and gives what is to be done if nothing is.
func (f *Face) plan(r *http.Request, v visit, c casefile.Case, view *actView) func(context.Context) (casefile.Case, error) {
	ctx, ref := r.Context(), decide.Ref{Case: c.ID, Row: c.Row}
	b := f.cfg.Bench
	switch view.Act {
	case actHandOver:
		return func(ctx context.Context) (casefile.Case, error) { return f.cfg.Post.HandOver(ctx, v.by, c.ID, c.Row) }
	case actRecall:
		return func(ctx context.Context) (casefile.Case, error) { return f.cfg.Post.AskBack(ctx, v.by, c.ID, c.Row) }
	case actWithdraw:
		return func(ctx context.Context) (casefile.Case, error) { return f.cfg.Lodge.Withdraw(ctx, &v.by, c.ID, c.Row) }
	case actReview:
		marks := f.marks(ctx, view)
		return func(ctx context.Context) (casefile.Case, error) { return b.Review(ctx, v.by, ref, marks) }
	case actFinish:
		return f.finishing(ctx, v, c, view)
	case actAccept:
		return func(ctx context.Context) (casefile.Case, error) { return b.Accept(ctx, v.by, ref) }
	case actCorrect:
		items := f.corrections(ctx, c, view)
		return func(ctx context.Context) (casefile.Case, error) { return b.Correct(ctx, v.by, ref, items) }
	case actReturn:
		reason := view.choice(ctx, "reason", f.returnReasons())
		if f.hasPart(c, v.by) {
			return func(ctx context.Context) (casefile.Case, error) {
				return f.cfg.Post.GiveBack(ctx, v.by, c.ID, c.Row, reason)
			}
		}
		return func(ctx context.Context) (casefile.Case, error) { return b.Return(ctx, v.by, ref, reason) }
	case actVerify:
		answer := view.verified(ctx)
		return func(ctx context.Context) (casefile.Case, error) {
			return f.cfg.Post.Verify(ctx, v.by, c.ID, c.Row, answer)
		}
	case actPassOn:
		return func(ctx context.Context) (casefile.Case, error) { return f.cfg.Post.PassOn(ctx, v.by, c.ID, c.Row) }
	case actUndo:
		return func(ctx context.Context) (casefile.Case, error) { return f.cfg.Post.Undo(ctx, v.by, c.ID, c.Row) }
	case actDecline:
		d := f.declining(ctx, view)
		return func(ctx context.Context) (casefile.Case, error) { return b.Decline(ctx, v.by, ref, d) }
	case actSuspend:
		s := f.suspending(ctx, view)
		return func(ctx context.Context) (casefile.Case, error) { return b.Suspend(ctx, v.by, ref, s) }
	case actResume:
		return func(ctx context.Context) (casefile.Case, error) { return b.Resume(ctx, v.by, ref) }
	case actAskExtend:
		reason := view.text(ctx, "text", true)
		return func(ctx context.Context) (casefile.Case, error) { return b.AskExtend(ctx, v.by, ref, reason) }
	case actExtend:
		view.Summary = extensionRows(ctx, *c.Private.Extension)
		return func(ctx context.Context) (casefile.Case, error) { return b.Extend(ctx, v.by, ref) }
	case actKeepLimit:
		reason := view.text(ctx, "text", true)
		return func(ctx context.Context) (casefile.Case, error) { return b.KeepLimit(ctx, v.by, ref, reason) }
	case actDecide:
		d := f.deciding(ctx, c, view)
		return func(ctx context.Context) (casefile.Case, error) { return b.Decide(ctx, v.by, ref, d) }
	case actIssue:
		return func(ctx context.Context) (casefile.Case, error) { return f.cfg.Issuer.Issue(ctx, v.by, c.ID, c.Row) }
	case actDeliver:
		d := f.delivery(ctx, c, view)
		return func(ctx context.Context) (casefile.Case, error) {
			return f.cfg.Issuer.Deliver(ctx, v.by, c.ID, c.Row, d)
		}
	}
	return func(context.Context) (casefile.Case, error) { // supplement has its own form
		return casefile.Case{}, errs.New(errs.NoSuchPage, "no such act")
	}
}

// text reads a field that an officer wrote: at most maxText characters, no hidden ones. Required fields may not be empty.
func (v *actView) text(ctx context.Context, name string, required bool) string {
	s, problem := plainText(v.Form.Get(name))
	switch {
	case problem != "":
		v.fail(name, page.T(ctx, "desk.error."+problem))
	case s == "" && required:
		v.fail(name, page.T(ctx, "desk.error.empty"))
	}
	return s
}

// plainText trims s and says "control" or "long" if it cannot be taken.
func plainText(s string) (string, string) {
	s = strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n"))
	bad := func(r rune) bool {
		return r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r))
	}
	switch {
	case !utf8.ValidString(s) || strings.ContainsFunc(s, bad):
		return "", "control"
	case utf8.RuneCountInString(s) > maxText:
		return "", "long"
	}
	return s, ""
}
