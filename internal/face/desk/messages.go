package desk

import (
	"context"
	"net/http"
	"strings"
	"time"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/message"
	"tongban/internal/domain/office"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

// threadView is the messages of a case at the desk.
type threadView struct {
	caseView
	Thread []threadLine
	May    bool // the officer may answer
	Over   bool
	Key    string
	Text   string
	Error  string
}

type threadLine struct {
	Who, When, Machine string
	Lines              []string
}

// messages shows what the applicant wrote, and marks it as read by the office.
func (f *Face) messages(w http.ResponseWriter, r *http.Request, v visit) error {
	c, err := f.load(r, v)
	if err != nil {
		return err
	}
	return f.showMessages(w, r, v, http.StatusOK, c, threadView{Key: unit.NewID()})
}

func (f *Face) showMessages(w http.ResponseWriter, r *http.Request, v visit, status int, c casefile.Case, view threadView) error {
	ctx := r.Context()
	thread, err := f.cfg.Store.Messages(ctx, c.ID)
	if err != nil {
		return err
	}
	u := unit.Unit{At: f.now()}
	u.Log = []accesslog.Entry{{Kind: accesslog.View, At: u.At, Case: c.ID, Who: v.by.ID, Office: v.by.Office, What: "desk.messages", Reason: v.reason(c)}}
	if message.Unread(thread, message.Office) > 0 {
		u.Read = &unit.Reading{Case: c.ID, Side: message.Office}
	}
	if err := f.cfg.Store.Commit(ctx, u); err != nil {
		return err
	}
	view.caseView = f.view(r, v, c, tabMessages)
	view.Over = !c.Closed.IsZero()
	view.May = !view.Over && v.by.Officer().May(office.AnswerMessage, c.Matter(f.cfg.Kit.Now())) == nil
	for _, m := range thread {
		l := threadLine{
			Who: page.T(ctx, "message.desk.applicant"), When: m.At.In(workday.Zone).Format("2006-01-02 15:04"),
			Machine: m.At.UTC().Format(time.RFC3339), Lines: strings.Split(m.Text, "\n"),
		}
		if m.From == message.Office {
			l.Who = f.officeName(v.lang, m.Office)
		}
		view.Thread = append(view.Thread, l)
	}
	fr := f.Frame(r)
	fr.Title, fr.Back = page.T(ctx, "message.desk.of", string(c.No)), "/desk"
	if r.URL.Query().Get("sent") != "" {
		fr.Flash = page.T(ctx, "message.desk.sent")
	}
	return page.Show(w, r, status, fr, messagesTab(view))
}

// answer sends an answer; nothing typed is lost when it cannot be sent.
func (f *Face) answer(w http.ResponseWriter, r *http.Request, v visit) error {
	c, err := f.load(r, v)
	if err != nil {
		return err
	}
	key, text := r.PostForm.Get("key"), r.PostForm.Get("text")
	err = f.cfg.Words.Answer(r.Context(), v.by, c.ID, key, text)
	switch {
	case errs.Is(err, errs.MessageEmpty), errs.Is(err, errs.MessageLong):
		return f.showMessages(w, r, v, http.StatusUnprocessableEntity, c, threadView{Key: key, Text: text, Error: errs.CodeOf(err).Text(v.lang).Next})
	case errs.Is(err, errs.TooMany):
		return f.showMessages(w, r, v, http.StatusTooManyRequests, c, threadView{Key: key, Text: text, Error: page.T(r.Context(), "message.too_many", message.MostADay)})
	case err != nil:
		return err
	}
	return page.SeeOther(w, r, "/desk/cases/"+c.ID+"/messages?sent=1")
}

// openRow is a message that waits, without what it says: the case's own page shows that, and logs the look.
type openRow struct{ No, Href, Matter, When string }

// openMessages is GET /desk/messages.
func (f *Face) openMessages(w http.ResponseWriter, r *http.Request, v visit) error {
	ctx := r.Context()
	list, err := f.cfg.Store.OpenMessages(ctx, v.by.Office, mostStuck)
	if err != nil {
		return err
	}
	var rows []openRow
	for _, m := range list {
		row, ok, err := f.openRow(ctx, v, m)
		if err != nil {
			return err
		}
		if ok {
			rows = append(rows, row)
		}
	}
	fr := f.Frame(r)
	fr.Title = page.T(ctx, "message.desk.title")
	return page.Show(w, r, http.StatusOK, fr, openMessagesPage(rows))
}

func (f *Face) openRow(ctx context.Context, v visit, m message.Message) (openRow, bool, error) {
	c, err := f.cfg.Store.Case(ctx, m.Case)
	if err != nil {
		return openRow{}, false, err
	}
	return openRow{
		No: string(c.No), Href: "/desk/cases/" + c.ID + "/messages", Matter: f.matterName(v.lang, c),
		When: m.At.In(workday.Zone).Format("2006-01-02 15:04"),
	}, f.mayNot(v, c) == nil, nil
}
