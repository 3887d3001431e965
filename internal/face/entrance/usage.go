package entrance

import (
	"context"
	"encoding/base64"
	"net/http"
	"strings"
	"time"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/office"
	"tongban/internal/handling/elsewhere"
	"tongban/internal/handling/unit"
	"tongban/internal/handling/usage"
	"tongban/internal/kernel/errs"
	"tongban/internal/page"
	"tongban/internal/page/text"
	"tongban/internal/proof"
)

// Usages asks other provinces, or only the one named, what their logs say about the visitor; see elsewhere.Asker.Usages.
type Usages func(ctx context.Context, v page.Visitor, only office.NodeID) (told []elsewhere.Usage, missing []office.NodeID, err error)

// looked is one line of what a province's log says.
type looked struct{ When, Who, What, Case, No string }

// lookedOften is a line that stands for several in a row that read the same.
type lookedOften struct {
	looked
	DateTime string // of the last
	Times    int
}

// logged is what the log of one province says about the visitor.
type logged struct {
	Node    office.NodeID
	Place   string
	Lines   []lookedOften
	Self    int  // the visitor's own looks
	More    bool // there may be older ones
	Proved  int
	By      string // names of the witnesses; "" if there are too few yet
	Pending int
	Bad     bool   // what proves the lines does not hold
	Object  string // page of the province at which what it told can be objected to; "" if it told nothing
	Key     string // P-256 point of the province, base64, for the check in the browser; "" if there is nothing to check
}

// usages is /consent: who saw or handled what is held about the visitor, in all provinces.
func (e *entrance) usages(w http.ResponseWriter, r *http.Request) error {
	v, err := e.visitor(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	var list []logged
	var missing []office.NodeID
	if v.Person.IDNo != "" {
		told, err := e.toldHere(ctx, v)
		if err != nil {
			return err
		}
		if len(told.Extract.Lines) > 0 {
			list = append(list, e.logged(ctx, elsewhere.Usage{Node: e.me, Told: told}))
		}
	}
	ended := false
	if e.usagesElsewhere != nil && v.Person.IDNo != "" {
		told, silent, err := e.usagesElsewhere(ctx, v, "")
		ended = errs.Is(err, errs.RoamEnded)
		for _, u := range told {
			list = append(list, e.logged(ctx, u))
		}
		if !ended {
			missing = silent
		}
	}
	return e.show(w, r, http.StatusOK, page.T(ctx, "usage.title"), func(f *page.Frame) {
		f.Back, f.Scripts = "/cases", []string{"proof.js"}
	}, usagePage(list, e.namesOf(ctx, missing), ended, v.Person.IDNo == ""))
}

// usageProof is /consent/{node}: the proof file of one province.
func (e *entrance) usageProof(w http.ResponseWriter, r *http.Request) error {
	v, err := e.visitor(r)
	if err != nil {
		return err
	}
	ctx, id := r.Context(), office.NodeID(r.PathValue("node"))
	var x accesslog.Extract
	switch {
	case v.Person.IDNo == "" || !id.Member():
		return errs.New(errs.NoUsage, "no log of %.8q", id)
	case id == e.me:
		told, err := e.toldHere(ctx, v)
		if err != nil {
			return err
		}
		x = told.Extract
	case e.usagesElsewhere == nil:
		return errs.New(errs.NoUsage, "no log of %.8q", id)
	default:
		told, missing, err := e.usagesElsewhere(ctx, v, id)
		if err != nil {
			return err
		}
		if len(missing) > 0 {
			return errs.New(errs.TryLater, "%s did not answer", id)
		}
		if len(told) == 1 {
			x = told[0].Extract
		}
	}
	if len(x.Lines) == 0 {
		return errs.New(errs.NoUsage, "nothing in the log of %s", id)
	}
	b, err := x.Bytes()
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Disposition", `attachment; filename="tongban-log-`+string(id)+`.json"`)
	_, _ = w.Write(b) // a reader who went away is no error of ours
	return nil
}

// toldHere is what this node's log says; that it was told is in the log before it is shown.
func (e *entrance) toldHere(ctx context.Context, v page.Visitor) (usage.Told, error) {
	told, ids, err := usage.Of(ctx, e.store, v.Person)
	if err != nil {
		return told, err
	}
	var log []accesslog.Entry
	for _, id := range ids {
		log = append(log, e.seen(casefile.Case{ID: id}, "entrance.usage"))
	}
	return told, e.note(ctx, log)
}

// logged puts what a province said into words, and says what its proof is worth.
func (e *entrance) logged(ctx context.Context, u elsewhere.Usage) logged {
	l := logged{Node: u.Node, Place: e.nameOf(page.PrefsOf(ctx).Lang, u.Node)}
	l.More = len(u.Extract.Lines) == usage.Most
	p, err := u.Extract.Check(e.Trust())
	l.Proved, l.Pending = p.Lines, p.Pending
	switch {
	case err == nil:
		l.By = e.namesOf(ctx, p.Witnesses)
	case errs.Is(err, errs.LogUnwitnessed):
	case len(u.Extract.Head.Body) == 0: // a log so young that it has no head yet
		l.Pending = len(u.Extract.Lines)
	default:
		l.Bad = true
	}
	if n, ok := e.Trust().Node(u.Node); ok && l.Proved > 0 && len(u.Extract.ES256) > 0 && len(n.ES256) > 0 {
		l.Key = base64.StdEncoding.EncodeToString(n.ES256)
	}
	gone := deletedOn(u.Extract.Lines)
	for _, line := range u.Extract.Lines {
		entry, err := line.Entry()
		if err != nil {
			l.Bad = true
			continue
		}
		if entry.Who == "applicant" {
			l.Self++
			continue
		}
		if n, ok := e.Trust().Node(u.Node); ok && n.Address != "" && entry.Kind == accesslog.Data && entry.Reason == "" {
			l.Object = strings.TrimSuffix(n.Address, "/") + "/objections"
		}
		ref := u.Cases[entry.Case]
		line := looked{
			When: moment(ctx, entry.At), Who: e.whoLooked(ctx, u.Node, entry),
			What: whatWasDone(ctx, entry) + since(ctx, entry, gone), Case: e.itemOf(ctx, casefile.Case{Item: ref.Item}), No: string(ref.No),
		}
		if n := len(l.Lines); n > 0 && l.Lines[n-1].looked == line { // the same within one minute
			l.Lines[n-1].Times++
			continue
		}
		l.Lines = append(l.Lines, lookedOften{line, entry.At.UTC().Format(time.RFC3339), 1})
	}
	return l
}

// deletedOn is on which day who had asked deleted an answer, by its question.
func deletedOn(lines []accesslog.Line) map[proof.Hash]string {
	out := map[proof.Hash]string{}
	for _, line := range lines {
		if entry, err := line.Entry(); err == nil && entry.Kind == accesslog.Act && entry.What == unit.ShareDeleted {
			out[entry.Fact] = entry.Reason
		}
	}
	return out
}

// since says of an answer that it is deleted where it went.
func since(ctx context.Context, entry accesslog.Entry, gone map[proof.Hash]string) string {
	if day, ok := gone[entry.Fact]; ok && entry.Kind == accesslog.Data && entry.Reason == "" {
		return page.T(ctx, "usage.did.gone", day)
	}
	return ""
}

func (e *entrance) whoLooked(ctx context.Context, node office.NodeID, entry accesslog.Entry) string {
	switch {
	case entry.Kind == accesslog.Sent:
		return e.nameOf(page.PrefsOf(ctx).Lang, node)
	case entry.Kind == accesslog.Took, entry.What == elsewhere.Taken, entry.What == unit.ShareDeleted && entry.Who != "clock":
		return e.nameOf(page.PrefsOf(ctx).Lang, office.NodeID(entry.Who))
	case entry.Who == casefile.ByAgent:
		return page.T(ctx, "usage.who.agent")
	case entry.Who == "anyone":
		return page.T(ctx, "usage.who.anyone")
	case entry.Who == "clock":
		return page.T(ctx, "usage.who.system")
	}
	place := officeName(ctx, e.office(entry.Office))
	if place == "" {
		place = e.nameOf(page.PrefsOf(ctx).Lang, node)
	}
	return page.T(ctx, "usage.who.officer", place, shortID(entry.Who))
}

// shownID is how much of an officer's id a page shows: enough to ask for that officer; the proof file has all of it.
const shownID = 8

func shortID(id string) string {
	if len(id) <= shownID+4 {
		return id
	}
	return id[:shownID] + "…"
}

// whatWasDone is an entry in words. What no word is known for is a step or a view.
func whatWasDone(ctx context.Context, entry accesslog.Entry) string {
	switch entry.Kind {
	case accesslog.Sent, accesslog.Took:
		return page.T(ctx, "usage.did."+string(entry.Kind))
	case accesslog.View, accesslog.Rule, accesslog.Term, accesslog.Rebuilt: // the last three are about no case and are never here
	case accesslog.Data:
		what := "usage.did.data"
		if entry.Reason != "" {
			what = "usage.did.refused"
		}
		return page.T(ctx, what, strings.Join(entry.Fields, "、"), entry.Basis)
	case accesslog.Act:
		for _, known := range []string{"entrance.act.", "usage.did."} {
			if text.Has(known + entry.What) {
				return page.T(ctx, known+entry.What)
			}
		}
		return page.T(ctx, "usage.did.other")
	}
	_, what, _ := strings.Cut(entry.What, ".")
	what, full := strings.CutSuffix(what, ".full")
	said := page.T(ctx, "usage.view.other")
	if text.Has("usage.view." + what) {
		said = page.T(ctx, "usage.view."+what)
	}
	if full {
		said = page.T(ctx, "usage.did.full", said)
	}
	return said
}

// rows is a province's lines as a table.
func (l logged) rows(ctx context.Context) page.TableParams {
	t := page.TableParams{Caption: l.Place, CaptionClass: "govuk-visually-hidden"}
	for _, h := range []string{"when", "who", "what", "case"} {
		t.Head = append(t.Head, page.Cell{Text: page.T(ctx, "usage.head."+h)})
	}
	for _, line := range l.Lines {
		if line.Times > 1 {
			line.What = page.T(ctx, "usage.did.often", line.What, line.Times)
		}
		t.Rows = append(t.Rows, []page.Cell{{Content: timeOf(line.When, line.DateTime)}, {Text: line.Who}, {Text: line.What}, {Content: caseRef(line.Case, line.No)}})
	}
	return t
}
