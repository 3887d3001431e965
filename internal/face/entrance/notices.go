package entrance

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"tongban/internal/domain/notice"
	"tongban/internal/domain/party"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

// toldLine is one notice as the applicant sees it.
type toldLine struct {
	Kind, Text    string
	When, Machine string
	How, State    string
}

// told is what the applicant was told of a case, the latest first, in the reader's language whatever was sent.
func (e *entrance) told(ctx context.Context, caseID string) ([]toldLine, error) {
	list, err := e.store.Notices(ctx, caseID)
	if err != nil {
		return nil, err
	}
	lang := page.PrefsOf(ctx).Lang
	words := e.kit.Words(func(d workday.Date, _ string) string { return day(ctx, d) })
	var out []toldLine
	for _, n := range slices.Backward(list) {
		tpl, ok := notice.Default().Version(n.Template)
		if !ok {
			tpl = notice.Default().On(n.Kind, workday.DateOf(n.At))
		}
		l := toldLine{
			Kind: page.T(ctx, "notice.kind."+string(n.Kind)), Text: tpl.Full(n.Values, lang, words),
			When: moment(ctx, n.At), Machine: n.At.UTC().Format(time.RFC3339),
			State: page.T(ctx, "notice.state."+string(n.State)),
		}
		if n.Channel != "" {
			l.How = page.T(ctx, "notice.channel."+string(n.Channel))
			if n.To != "" {
				l.How += " " + n.To
			}
		}
		out = append(out, l)
	}
	return out, nil
}

// wish is what somebody typed on the page about being told.
type wish struct {
	Channel, Lang, Phone, Address string
	Errors                        []page.FieldError
}

func (w wish) error(field string) string {
	for _, e := range w.Errors {
		if e.Field == field {
			return e.Text
		}
	}
	return ""
}

// contact is GET /contact: how the visitor is told.
func (e *entrance) contact(w http.ResponseWriter, r *http.Request) error {
	v, err := e.visitor(r)
	if err != nil {
		return err
	}
	if v.Person.IDNo == "" {
		return errs.New(errs.IdentityTooLow, "no verified number")
	}
	have, ok, err := e.store.Contact(r.Context(), v.Person)
	if err != nil {
		return err
	}
	if !ok {
		have = notice.Contact{Channel: notice.SMS, Lang: "zh"}
	}
	return e.showContact(w, r, v, http.StatusOK, wish{Channel: string(have.Channel), Lang: have.Lang, Phone: have.Phone, Address: have.Address})
}

func (e *entrance) showContact(w http.ResponseWriter, r *http.Request, v page.Visitor, status int, said wish) error {
	ctx := r.Context()
	return e.show(w, r, status, page.T(ctx, "notice.contact.title"), func(f *page.Frame) {
		f.Back = "/cases"
		if r.URL.Query().Get("saved") != "" {
			f.Flash = page.T(ctx, "notice.contact.saved")
		}
	}, contactPage(said, party.MaskPhone(v.Person.Phone)))
}

// mostAddress is the most characters of a postal address.
const mostAddress = 200

// saveContact is POST /contact.
func (e *entrance) saveContact(w http.ResponseWriter, r *http.Request) error {
	v, err := e.visitor(r)
	if err != nil {
		return err
	}
	if v.Person.IDNo == "" {
		return errs.New(errs.IdentityTooLow, "no verified number")
	}
	ctx := r.Context()
	said := wish{
		Channel: r.PostForm.Get("channel"), Lang: r.PostForm.Get("lang"),
		Phone: strings.TrimSpace(r.PostForm.Get("phone")), Address: strings.TrimSpace(clean(r.PostForm.Get("address"))),
	}
	bad := func(field string) {
		said.Errors = append(said.Errors, page.FieldError{Field: field, Text: page.T(ctx, "notice.contact.bad."+field)})
	}
	who := party.Person{Name: v.Person.Name, IDType: v.Person.IDType, IDNo: v.Person.IDNo, Phone: v.Person.Phone}
	other := ""
	if said.Phone != "" {
		p, err := party.NewPerson(who.Name, who.IDType, who.IDNo, said.Phone)
		if other = p.Phone; err != nil {
			bad("phone")
		}
	}
	channel := notice.Channel(said.Channel)
	if !slices.Contains(channels, channel) {
		bad("channel")
	}
	if n := utf8.RuneCountInString(said.Address); n > mostAddress || n == 0 && channel == notice.Letter {
		bad("address")
	}
	if len(said.Errors) > 0 {
		return e.showContact(w, r, v, http.StatusUnprocessableEntity, said)
	}
	if said.Lang != "en" {
		said.Lang = "zh"
	}
	if err := e.room.Wish(ctx, notice.Contact{Channel: channel, Lang: said.Lang, Phone: other, Address: said.Address, Person: who}); err != nil {
		return err
	}
	return page.SeeOther(w, r, "/contact?saved=1")
}

// channels are the ways that the page offers.
var channels = []notice.Channel{notice.SMS, notice.Voice, notice.Letter, notice.Page}

func contactChoices(ctx context.Context) []page.Choice {
	out := make([]page.Choice, 0, len(channels))
	for _, c := range channels {
		out = append(out, page.Choice{
			Value: string(c), Text: page.T(ctx, "notice.channel."+string(c)), Hint: page.T(ctx, "notice.contact."+string(c)+"_hint"),
		})
	}
	return out
}
