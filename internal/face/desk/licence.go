package desk

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/item"
	"tongban/internal/domain/licence"
	"tongban/internal/domain/office"
	"tongban/internal/domain/sharing"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

// licenceHref is the address of the page about the licence that stands for a case's n-th material.
func licenceHref(caseID string, n int) string {
	return "/desk/cases/" + caseID + "/licences/" + strconv.Itoa(n)
}

// renewal says what a yes would do to the licence that the applicant has, or why there can be no yes.
func (f *Face) renewal(ctx context.Context, view *caseView) {
	d, ok := view.C.LegOf(item.Decide)
	if !ok || d.Node != f.cfg.Kit.Me || d.State != casefile.Received && d.State != casefile.Accepted {
		return
	}
	version, renews, err := f.cfg.Bench.Next(ctx, view.C)
	switch {
	case err != nil:
		said := errs.CodeOf(err).Text(view.Lang)
		view.Notices = append(view.Notices, page.T(ctx, "inquiry.said", said.What, said.Next))
	case renews && version > 0:
		view.Notices = append(view.Notices, page.T(ctx, "desk.notice.renews", version, version+1))
	case renews:
		view.Notices = append(view.Notices, page.T(ctx, "desk.notice.renews_unknown"))
	}
}

// licenceView is a licence that stands for a paper: what it says, and each thing that was checked.
type licenceView struct {
	Title, Caption string
	Good           bool
	Why            string // what is wrong now, and what to do
	Checks, Face   []page.Row
	Kept           string
}

// relied shows an officer why a licence of another place can be relied on, checked again at this moment: signature and face by
// what is kept with the case, the standing by the issuer's list of now, or the last one that is known.
func (f *Face) relied(w http.ResponseWriter, r *http.Request, v visit) error {
	c, err := f.load(r, v)
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(r.PathValue("n"))
	if err != nil || n < 0 || n >= len(c.Private.Materials) || c.Private.Materials[n].Licence == nil {
		return errs.New(errs.Missing, "no licence stands for material %.8q", r.PathValue("n"))
	}
	if err := f.looked(r, v, c, "licence"); err != nil {
		return err
	}
	m := c.Private.Materials[n]
	view := f.checked(r.Context(), v.lang, licence.Shown(*m.Licence))
	view.Title, view.Caption = m.Name, page.T(r.Context(), "desk.licence.title")
	fr := f.Frame(r)
	fr.Title, fr.Back = view.Title, "/desk/cases/"+c.ID+"/materials"
	return page.Show(w, r, http.StatusOK, fr, licencePage(view))
}

func (f *Face) checked(ctx context.Context, lang string, s licence.Shown) licenceView {
	t := func(key string, args ...any) string { return page.T(ctx, "desk.licence."+key, args...) }
	v := licenceView{Kept: t("kept", clock(ctx, s.Looked))}
	add := func(what, said string) { v.Checks = append(v.Checks, page.Row{Key: t("check." + what), Value: said}) }
	l, err := s.Good(f.cfg.Kit.Trust(), workday.DateOf(f.cfg.Kit.Now()))
	if l.ID == "" { // not even its own signature holds
		v.Why = errs.CodeOf(err).Text(lang).Next
		return v
	}
	add("signed", t("said.signed", l.Issuer.Name))
	number := "number"
	if id, err := licence.ParseIdentifier(l.ID); err == nil && id.Legacy {
		number = "legacy"
	}
	add("number", t("said."+number, l.ID))
	until := t("said.no_end")
	if l.Until != "" {
		until = t("said.until", l.Until)
	}
	add("dates", t("said.dates", l.From, until))
	now, stands := f.stands(ctx, l, s)
	if now != "" {
		add("now", now)
	}
	if err == nil {
		err = stands
	}
	add("ground", f.ground(ctx, lang, s))
	for _, x := range l.Fields {
		v.Face = append(v.Face, page.Row{Key: x.Label, Value: x.Value})
	}
	if v.Good = err == nil; !v.Good {
		words := errs.CodeOf(err).Text(lang)
		v.Why = words.What
	}
	return v
}

// stands is how a licence stands now, as a sentence; an error says that it does not.
func (f *Face) stands(ctx context.Context, l licence.Licence, s licence.Shown) (string, error) {
	if l.Issuer.Node == f.cfg.Kit.Me {
		return page.T(ctx, "desk.licence.said.own"), nil
	}
	if l.Status == nil || f.cfg.Standing == nil {
		return page.T(ctx, "desk.licence.said.then", clock(ctx, s.Known)), nil
	}
	known, late, err := f.cfg.Standing(ctx, l.Issuer.Node, *l.Status)
	switch {
	case errs.KindOf(err) == errs.Unavailable: // nothing newer than what was read with the application
		return page.T(ctx, "desk.licence.said.then", clock(ctx, s.Known)), nil
	case err != nil:
		return "", err
	case late:
		return page.T(ctx, "desk.licence.said.late", clock(ctx, known)), nil
	}
	return page.T(ctx, "desk.licence.said.now", clock(ctx, known)), nil
}

// ground is the statement by which the licence is taken, in words.
func (f *Face) ground(ctx context.Context, lang string, s licence.Shown) string {
	if s.Ground == "" {
		return page.T(ctx, "desk.licence.said.ground_own")
	}
	by, number, _ := strings.Cut(s.Ground, "/")
	seq, _ := strconv.Atoi(number) // what is no number names no statement
	var said sharing.Recognised
	ok := false
	if f.cfg.Book != nil {
		f.cfg.Book(func(b *sharing.Book) { said, ok = b.Recognition(office.NodeID(by), seq) })
	}
	if !ok {
		return page.T(ctx, "desk.licence.said.ground_gone", s.Ground)
	}
	name := string(said.By)
	if n, ok := f.cfg.Kit.Trust().Node(said.By); ok {
		name = pick(lang, n.Name, n.NameEn)
	}
	return page.T(ctx, "desk.licence.said.ground", name, s.Ground, said.Basis, said.From.String())
}
