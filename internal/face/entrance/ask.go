package entrance

import (
	"context"
	"net/http"
	"strings"
	"time"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/message"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/page"
)

// askView is /cases/{no}/ask (E-24).
type askView struct {
	C      casefile.Case
	Thread []wordLine
	To     string // the office that holds the case
	Phone  string
	Key    string
	Text   string // what was typed
	Error  string
	Over   bool // the case is closed
}

// wordLine is one message as the applicant sees it.
type wordLine struct {
	Who, When, Machine, Text, State string
	Mine                            bool
}

// ask shows the messages of a case and marks the office's as read; the look is logged.
func (e *entrance) ask(w http.ResponseWriter, r *http.Request) error {
	c, err := e.own(r)
	if err != nil {
		return err
	}
	return e.showAsk(w, r, http.StatusOK, c, askView{Key: unit.NewID()})
}

func (e *entrance) showAsk(w http.ResponseWriter, r *http.Request, status int, c casefile.Case, v askView) error {
	ctx := r.Context()
	thread, err := e.store.Messages(ctx, c.ID)
	if err != nil {
		return err
	}
	seen := e.seen(c, "entrance.ask")
	u := unit.Unit{At: seen.At, Log: []accesslog.Entry{seen}}
	if message.Unread(thread, message.Applicant) > 0 {
		u.Read = &unit.Reading{Case: c.ID, Side: message.Applicant}
	}
	if err := e.store.Commit(ctx, u); err != nil {
		return err
	}
	v.C, v.Over, v.Thread = c, !c.Closed.IsZero(), e.thread(ctx, thread)
	if span, ok := c.Holder(); ok {
		o := e.office(span.Office)
		v.To, v.Phone = officeName(ctx, o), o.Phone
	}
	return e.show(w, r, status, page.T(ctx, "message.title"), func(f *page.Frame) {
		f.Back = "/cases/" + string(c.No)
		if r.URL.Query().Get("sent") != "" {
			f.Flash = page.T(ctx, "message.sent")
		}
	}, askPage(e, v))
}

func (e *entrance) thread(ctx context.Context, list []message.Message) []wordLine {
	out := make([]wordLine, 0, len(list))
	for _, m := range list {
		l := wordLine{
			When: moment(ctx, m.At), Machine: m.At.UTC().Format(time.RFC3339), Text: m.Text, Mine: m.From == message.Applicant,
			Who: officeName(ctx, e.office(m.Office)),
		}
		if l.Mine {
			l.State, l.Who = page.T(ctx, "message.to", l.Who), page.T(ctx, "message.you")
		}
		out = append(out, l)
	}
	return out
}

// sendAsk sends what was typed; nothing typed is lost when it cannot be sent.
func (e *entrance) sendAsk(w http.ResponseWriter, r *http.Request) error {
	c, err := e.own(r)
	if err != nil {
		return err
	}
	key, text := r.PostForm.Get("key"), r.PostForm.Get("text")
	err = e.words.Ask(r.Context(), c, key, text)
	switch {
	case errs.Is(err, errs.MessageEmpty), errs.Is(err, errs.MessageLong):
		return e.showAsk(w, r, http.StatusUnprocessableEntity, c, askView{Key: key, Text: text, Error: errs.CodeOf(err).Text(page.PrefsOf(r.Context()).Lang).Next})
	case errs.Is(err, errs.TooMany):
		return e.showAsk(w, r, http.StatusTooManyRequests, c, askView{Key: key, Text: text, Error: page.T(r.Context(), "message.too_many", message.MostADay)})
	case err != nil:
		return err
	}
	return page.SeeOther(w, r, "/cases/"+string(c.No)+"/ask?sent=1")
}

func linesOf(s string) []string { return strings.Split(s, "\n") }
