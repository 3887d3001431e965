package desk

import (
	"context"
	"net/http"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/notice"
	"tongban/internal/handling/notify"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

// stuckRow is a notice that reached nobody, as the desk shows it.
type stuckRow struct {
	ID, What, Text string
	No, Href       string
	Who, Phone     string
	How, Why       string
	When           string
}

// mostStuck is how many undelivered notices a page shows; the oldest come first, so none is forgotten.
const mostStuck = 50

// undelivered is GET /desk/notices: what the office has to tell people itself. It shows telephone numbers, so each look is logged.
func (f *Face) undelivered(w http.ResponseWriter, r *http.Request, v visit) error {
	ctx := r.Context()
	list, err := f.cfg.Store.StuckNotices(ctx, v.by.Office, mostStuck)
	if err != nil {
		return err
	}
	var rows []stuckRow
	u := unit.Unit{At: f.now()}
	for _, n := range list {
		c, err := f.cfg.Store.Case(ctx, n.Case)
		if err != nil {
			return err
		}
		if f.mayNot(v, c) != nil {
			continue
		}
		rows = append(rows, f.stuckRow(ctx, v, n, c.Private.Applicant.Name, c.Private.Applicant.Phone))
		u.Log = append(u.Log, accesslog.Entry{Kind: accesslog.View, At: u.At, Case: c.ID, Who: v.by.ID, Office: v.by.Office, What: "desk.notices", Reason: v.reason(c)})
	}
	if len(u.Log) > 0 {
		if err := f.cfg.Store.Commit(ctx, u); err != nil {
			return err
		}
	}
	fr := f.Frame(r)
	fr.Title = page.T(ctx, "notice.desk.title")
	for _, said := range []string{"told", "again"} {
		if r.URL.Query().Get(said) != "" {
			fr.Flash = page.T(ctx, "notice.desk.done."+said)
		}
	}
	return page.Show(w, r, http.StatusOK, fr, stuckPage(rows))
}

func (f *Face) stuckRow(ctx context.Context, v visit, n notice.Notice, who, phone string) stuckRow {
	words := f.cfg.Kit.Words(page.ShortDay)
	tpl, ok := notice.Default().Version(n.Template)
	if !ok {
		tpl = notice.Default().On(n.Kind, workday.DateOf(n.At))
	}
	row := stuckRow{
		ID: n.ID, What: page.T(ctx, "notice.kind."+string(n.Kind)), Text: tpl.Full(n.Values, v.lang, words),
		No: n.Values[notice.ValueNo], Href: "/desk/cases/" + n.Case, Who: who, Phone: phone,
		How: page.T(ctx, "notice.channel."+string(n.Channel)), When: page.ShortDay(workday.DateOf(n.At), v.lang),
	}
	if n.Why != 0 {
		row.Why = n.Why.Text(v.lang).What
	}
	return row
}

// settleNotice is POST /desk/notices/{id}: the person was told, or it is sent again.
func (f *Face) settleNotice(w http.ResponseWriter, r *http.Request, v visit) error {
	do := notify.Answer(r.PostForm.Get("do"))
	if err := f.cfg.Room.Settle(r.Context(), v.by, r.PathValue("id"), do); err != nil {
		return err
	}
	return page.SeeOther(w, r, "/desk/notices?"+string(do)+"=1")
}
